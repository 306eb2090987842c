#include "store/merge.h"

#include <algorithm>
#include <vector>

namespace mast::store {

namespace {

constexpr std::int64_t kBlockRows = 1 << 14;

/// Rows of a piece of an episode.
class Rows {
  public:
    explicit Rows(const TrajectoryReader& from) : from_(from) {}

    StepBlock read(std::int64_t first, std::int64_t count) {
        const bool discrete = from_.spec().action_kind == ActionKind::discrete;
        StepBlock block;
        block.steps = count;
        block.obs = values(Modality::obs, first, count, obs_);
        block.rew = values(Modality::rew, first, count, rew_);
        if (discrete) {
            classes_.resize(static_cast<std::size_t>(count));
            from_.read_classes(first, count, classes_);
            block.classes = classes_;
            if (from_.spec().action_masks) {
                may_.resize(static_cast<std::size_t>(count * from_.spec().act_dim));
                from_.read_action_masks(first, count, may_);
                block.may = may_;
            }
        } else {
            block.act = values(Modality::act, first, count, act_);
        }
        return block;
    }

  private:
    std::span<const float> values(Modality modality, std::int64_t first, std::int64_t count,
                                  std::vector<float>& into) {
        into.resize(static_cast<std::size_t>(count * from_.dim(modality)));
        from_.read(modality, first, count, into);
        return into;
    }

    const TrajectoryReader& from_;
    std::vector<float> obs_, act_, rew_;
    std::vector<std::int32_t> classes_;
    std::vector<std::uint8_t> may_;
};

}  // namespace

void merge(const TrajectoryReader& shards, const std::filesystem::path& target, Overwrite overwrite,
           const History& history, const std::function<void(std::int64_t steps)>& between) {
    TrajectoryWriter writer(target, overwrite, shards.spec(), history);
    Rows rows(shards);
    std::vector<float> final_obs(static_cast<std::size_t>(shards.spec().obs_dim));
    const auto& episodes = shards.episodes();
    for (std::size_t e = 0; e < episodes.size(); ++e) {
        const auto end = episodes[e].start + episodes[e].length;
        for (auto row = episodes[e].start; row < end; row += kBlockRows) {
            writer.append(rows.read(row, std::min(kBlockRows, end - row)));
            between(writer.steps());
        }
        const bool known = shards.read_final_obs(static_cast<std::int64_t>(e), final_obs);
        writer.end_episode(episodes[e].end,
                           known ? std::span<const float>(final_obs) : std::span<const float>());
    }
    writer.finish(shards.split_rule(), [&] { between(writer.steps()); });
}

}  // namespace mast::store
