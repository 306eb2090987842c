// D4RL: all episodes one after another in flat datasets, cut by terminals and timeouts.
#include <algorithm>
#include <optional>
#include <vector>

#include "base/error.h"
#include "publish/layout.h"
#include "store/block_reader.h"
#include "store/h5.h"

namespace mast::publish {

namespace {

using store::ActionKind;
using store::End;
using store::StepBlock;
using store::TrajectoryReader;
using store::h5::Flag;
using store::h5::Layout::extendible;

/// Flags alone tell where an episode ends: one that just stops would run into the next.
void expect_ends(const TrajectoryReader& store) {
    const auto& episodes = store.episodes();
    for (std::size_t e = 0; e + 1 < episodes.size(); ++e) {
        if (episodes[e].end != End::unfinished) continue;
        fail<DataError>(
            "{}: episode {} is unfinished, expected one that is terminated or truncated, for flat "
            "datasets have no other way to part it from the next (use --format minari)",
            store.path().string(), e);
    }
}

std::int64_t known_final_obs(const TrajectoryReader& store) {
    std::vector<float> row(static_cast<std::size_t>(store.spec().obs_dim));
    const auto count = static_cast<std::int64_t>(store.episodes().size());
    std::int64_t known = 0;
    for (std::int64_t e = 0; e < count; ++e)
        known += store.read_final_obs(e, row) ? 1 : 0;
    return known;
}

class Writer {
  public:
    Writer(const TrajectoryReader& store, const Request& request, bool with_next)
        : store_(store),
          spec_(store.spec()),
          output_(request.target, request.overwrite),
          file_(store::h5::File::create(output_.temp_path(), request.target)),
          root_(file_.root()),
          obs_(root_.create_dataset<float>("observations", {0, spec_.obs_dim}, extendible)),
          act_(actions()),
          rew_(root_.create_dataset<float>("rewards", {0}, extendible)),
          terminals_(root_.create_dataset<Flag>("terminals", {0}, extendible)),
          timeouts_(root_.create_dataset<Flag>("timeouts", {0}, extendible)) {
        root_.set_attribute("history", store::to_json(request.history));
        if (with_next) {
            next_obs_ =
                root_.create_dataset<float>("next_observations", {0, spec_.obs_dim}, extendible);
        }
        if (spec_.action_masks) {
            infos_ = root_.create_group("infos");
            mask_ =
                infos_->create_dataset<std::uint8_t>("action_mask", {0, spec_.act_dim}, extendible);
        }
        const auto widths = (next_obs_ ? 2 : 1) * spec_.obs_dim + 2 +
                            (spec_.action_kind == ActionKind::discrete ? 0 : spec_.act_dim - 1);
        output_.reserve(store.steps() * widths * static_cast<std::int64_t>(sizeof(float)));
    }

    void write(std::int64_t first, const StepBlock& block) {
        const auto count = block.steps;
        obs_.write(first, count, block.obs.data());
        if (spec_.action_kind == ActionKind::discrete) {
            act_.write(first, count, block.classes.data());
            for (const auto value : block.classes)
                largest_ = std::max<std::int64_t>(largest_, value);
        } else {
            act_.write(first, count, block.act.data());
        }
        rew_.write(first, count, block.rew.data());
        if (mask_) mask_->write(first, count, block.may.data());
        write_ends(first, block);
    }

    void finish() {
        std::vector all{&obs_, &act_, &rew_, &terminals_, &timeouts_};
        if (next_obs_) all.push_back(&*next_obs_);
        if (mask_) all.push_back(&*mask_);
        for (auto* dataset : all) {
            dataset->flush();
            dataset->close();
        }
        if (infos_) infos_->close();
        root_.close();
        file_.close();
        output_.commit();
    }

    /// The last actions that a reader without a space can know of.
    bool loses_actions() const {
        return spec_.action_kind == ActionKind::discrete && !spec_.action_masks &&
               largest_ + 1 < spec_.act_dim;
    }
    std::int64_t largest() const { return largest_; }

  private:
    store::h5::Dataset actions() {
        if (spec_.action_kind == ActionKind::discrete)
            return root_.create_dataset<std::int32_t>("actions", {0}, extendible);
        return root_.create_dataset<float>("actions", {0, spec_.act_dim}, extendible);
    }

    /// The flags of a block, and the observations that follow its own.
    void write_ends(std::int64_t first, const StepBlock& block) {
        const auto count = block.steps;
        terminals_now_.assign(static_cast<std::size_t>(count), Flag::no);
        timeouts_now_.assign(static_cast<std::size_t>(count), Flag::no);
        if (next_obs_) read_next(first, block);
        for (;;) {
            const auto& episodes = store_.episodes();
            if (episode_ == episodes.size()) break;
            const auto& episode = episodes[episode_];
            const auto last = episode.start + episode.length - 1;
            if (last >= first + count) break;
            const auto row = static_cast<std::size_t>(last - first);
            if (episode.end == End::terminated) terminals_now_[row] = Flag::yes;
            if (episode.end == End::truncated) timeouts_now_[row] = Flag::yes;
            if (next_obs_) {
                const auto width = static_cast<std::size_t>(spec_.obs_dim);
                store_.read_final_obs(static_cast<std::int64_t>(episode_),
                                      std::span(next_).subspan(row * width, width));
            }
            ++episode_;
        }
        terminals_.write(first, count, terminals_now_.data());
        timeouts_.write(first, count, timeouts_now_.data());
        if (next_obs_) next_obs_->write(first, count, next_.data());
    }

    /// The rows behind those of the block. The last row of all has none; it ends an episode.
    void read_next(std::int64_t first, const StepBlock& block) {
        const auto width = static_cast<std::size_t>(spec_.obs_dim);
        next_.assign(block.obs.begin() + static_cast<std::ptrdiff_t>(width), block.obs.end());
        next_.resize(block.obs.size());
        const auto behind = first + block.steps;
        if (behind == store_.steps()) return;
        store_.read(store::Modality::obs, behind, 1,
                    std::span(next_).subspan(next_.size() - width, width));
    }

    const TrajectoryReader& store_;
    const store::TrajectorySpec& spec_;
    store::OutputFile output_;
    store::h5::File file_;
    store::h5::Group root_;
    store::h5::Dataset obs_, act_, rew_, terminals_, timeouts_;
    std::optional<store::h5::Dataset> next_obs_, mask_;
    std::optional<store::h5::Group> infos_;
    std::size_t episode_ = 0;  ///< whose end comes next
    std::int64_t largest_ = 0;
    std::vector<Flag> terminals_now_, timeouts_now_;
    std::vector<float> next_;
};

std::vector<Loss> losses(const TrajectoryReader& store, const Writer& writer, std::int64_t known) {
    const auto name = store.path().string();
    const auto& spec = store.spec();
    std::vector<Loss> lost{{"splits", ""}};
    if (spec.components.size() != 1 || spec.components[0].name != "observations") {
        std::vector<std::string> names;
        for (const auto& part : spec.components)
            names.push_back(part.name);
        lost.push_back(
            {"components", fmt::format("{}: names parts of its observations ({}), which become one "
                                       "dataset without names (use --format minari to keep them)",
                                       name, fmt::join(names, ", "))});
    }
    const auto episodes = static_cast<std::int64_t>(store.episodes().size());
    if (known > 0 && known < episodes) {
        lost.push_back(
            {"final_obs",
             fmt::format("{}: has final observations of {} of {} episodes, which are left out, for "
                         "next_observations needs all (use --format minari to keep them)",
                         name, known, episodes)});
    }
    if (writer.loses_actions()) {
        lost.push_back(
            {"action_count",
             fmt::format("{}: has {} actions, of which the largest that occurs is {}, and a reader "
                         "of flat datasets knows of no more (use --format minari)",
                         name, spec.act_dim, writer.largest())});
    }
    if (spec.discount != 1) lost.push_back({"discount", ""});
    return lost;
}

std::vector<Loss> write(const TrajectoryReader& store, const Request& request) {
    expect_ends(store);
    const auto known = known_final_obs(store);
    const bool all_known = known == static_cast<std::int64_t>(store.episodes().size());
    Writer writer(store, request, all_known);
    store::BlockReader blocks(store);
    for (std::int64_t row = 0; row < store.steps(); row += blocks.rows()) {
        writer.write(row, blocks.read(row, std::min(blocks.rows(), store.steps() - row)));
        request.between(std::min(row + blocks.rows(), store.steps()));
    }
    writer.finish();
    return losses(store, writer, known);
}

}  // namespace

const Layout kD4rl{"d4rl", "flat datasets, cut by terminals and timeouts", write};

}  // namespace mast::publish
