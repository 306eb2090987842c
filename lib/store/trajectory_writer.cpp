#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "store/action_mask.h"
#include "store/checksum.h"
#include "store/header.h"
#include "store/moments.h"
#include "store/train_moments.h"
#include "store/trajectories.h"

namespace mast::store {

namespace {

constexpr std::int64_t kBlockRows = 1 << 16;

std::string to_json(const std::vector<Component>& components) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& part : components) {
        list.push_back({{"name", part.name}, {"first", part.first}, {"width", part.width}});
    }
    return list.dump();
}

template <h5::Element T, class Get>
void write_column(h5::Group& group, const char* name, const std::vector<Episode>& episodes,
                  const Get& get) {
    std::vector<T> values;
    values.reserve(episodes.size());
    for (const auto& episode : episodes)
        values.push_back(static_cast<T>(get(episode)));
    const auto rows = static_cast<std::int64_t>(values.size());
    auto dataset = group.create_dataset<T>(name, {rows});
    dataset.write(0, rows, values.data());
    dataset.close();
}

void write_statistics(h5::Group& parent, const std::string& name, const Moments& moments) {
    auto group = parent.create_group(name);
    const auto write = [&](const char* what, const std::vector<double>& values) {
        const auto count = static_cast<std::int64_t>(values.size());
        auto dataset = group.create_dataset<double>(what, {count});
        dataset.write(0, count, values.data());
        dataset.close();
    };
    write("mean", moments.mean());
    write("std", moments.std());
    write("min", moments.min());
    write("max", moments.max());
}

}  // namespace

struct TrajectoryWriter::State {
    State(const std::filesystem::path& target, Overwrite overwrite, TrajectorySpec spec_in,
          const History& history, const std::optional<Shard>& shard_in);

    std::vector<h5::Dataset*> datasets();
    void divide(const SplitRule& rule);
    void write_episodes();
    void write_returns_to_go(h5::Dataset& rtg, const std::function<void()>& between);
    void write_statistics_and_checksums(h5::Dataset& rtg, const std::function<void()>& between);
    bool discrete() const { return spec.action_kind == ActionKind::discrete; }

    OutputFile output;
    TrajectorySpec spec;
    std::optional<Shard> shard;
    h5::File file;
    h5::Group root;
    h5::Dataset obs, act, rew, final_obs;
    std::optional<h5::Dataset> action_mask;
    std::vector<Episode> episodes;
    std::int64_t steps = 0;
    std::int64_t start = 0;  ///< first row of the episode under way
    double episode_return = 0;
};

namespace {

h5::Dataset create_actions(h5::Group& root, const TrajectorySpec& spec) {
    const bool discrete = spec.action_kind == ActionKind::discrete;
    auto act = discrete
                   ? root.create_dataset<std::int32_t>("act", {0}, h5::Layout::extendible)
                   : root.create_dataset<float>("act", {0, spec.act_dim}, h5::Layout::extendible);
    act.set_attribute("kind", discrete ? "discrete" : "continuous");
    if (discrete) act.set_attribute("count", spec.act_dim);
    return act;
}

}  // namespace

TrajectoryWriter::State::State(const std::filesystem::path& target, Overwrite overwrite,
                               TrajectorySpec spec_in, const History& history,
                               const std::optional<Shard>& shard_in)
    : output(target, overwrite),
      spec(std::move(spec_in)),
      shard(shard_in),
      file(h5::File::create(output.temp_path(), target)),
      root(file.root()),
      obs(root.create_dataset<float>("obs", {0, spec.obs_dim}, h5::Layout::extendible)),
      act(create_actions(root, spec)),
      rew(root.create_dataset<float>("rew", {0}, h5::Layout::extendible)),
      final_obs(
          root.create_dataset<float>("final_obs", {0, spec.obs_dim}, h5::Layout::extendible)) {
    begin_header(file, kTrajectories, history);
    root.set_attribute("discount", spec.discount);
    if (shard) write_shard(root, *shard);
    obs.set_attribute("components", to_json(spec.components));
    if (spec.action_masks) {
        action_mask = root.create_dataset<std::uint8_t>("action_mask", {0, spec.act_dim},
                                                        h5::Layout::extendible);
    }
}

/// Those that grow with the steps.
std::vector<h5::Dataset*> TrajectoryWriter::State::datasets() {
    std::vector all{&obs, &act, &rew, &final_obs};
    if (action_mask) all.push_back(&*action_mask);
    return all;
}

TrajectoryWriter::TrajectoryWriter(const std::filesystem::path& target, Overwrite overwrite,
                                   const TrajectorySpec& spec, const History& history,
                                   const std::optional<Shard>& shard)
    : state_(std::make_unique<State>(target, overwrite, spec, history, shard)) {}

TrajectoryWriter::~TrajectoryWriter() = default;

const std::vector<Episode>& TrajectoryWriter::episodes() const {
    return state_->episodes;
}

std::int64_t TrajectoryWriter::steps() const {
    return state_->steps;
}

void TrajectoryWriter::append(const StepBlock& block) {
    auto& s = *state_;
    const auto rows = static_cast<std::size_t>(block.steps);
    MAST_ASSERT(block.obs.size() == rows * static_cast<std::size_t>(s.spec.obs_dim));
    MAST_ASSERT(block.rew.size() == rows);
    MAST_ASSERT(s.discrete() ? block.classes.size() == rows
                             : block.act.size() == rows * static_cast<std::size_t>(s.spec.act_dim));
    MAST_ASSERT(block.may.size() ==
                (s.spec.action_masks ? rows * static_cast<std::size_t>(s.spec.act_dim) : 0));
    MAST_ASSERT(allows(block.may, block.classes));
    s.obs.write(s.steps, block.steps, block.obs.data());
    if (s.discrete()) {
        s.act.write(s.steps, block.steps, block.classes.data());
    } else {
        s.act.write(s.steps, block.steps, block.act.data());
    }
    if (s.action_mask) s.action_mask->write(s.steps, block.steps, block.may.data());
    s.rew.write(s.steps, block.steps, block.rew.data());
    for (const float reward : block.rew)
        s.episode_return += static_cast<double>(reward);
    s.steps += block.steps;
}

void TrajectoryWriter::end_episode(End end, std::span<const float> final_obs) {
    auto& s = *state_;
    MAST_ASSERT(s.steps > s.start);
    const auto index = static_cast<std::int64_t>(s.episodes.size());
    if (final_obs.empty()) {
        const std::vector<float> unknown(static_cast<std::size_t>(s.spec.obs_dim),
                                         std::numeric_limits<float>::quiet_NaN());
        s.final_obs.write(index, 1, unknown.data());
    } else {
        MAST_ASSERT(static_cast<std::int64_t>(final_obs.size()) == s.spec.obs_dim);
        s.final_obs.write(index, 1, final_obs.data());
    }
    s.episodes.push_back({s.start, s.steps - s.start, end, Split::train, s.episode_return});
    s.start = s.steps;
    s.episode_return = 0;
}

/// How many episodes there are in all, only all shards together know.
void TrajectoryWriter::State::divide(const SplitRule& rule) {
    if (shard) {
        root.set_attribute("val", rule.val);
        root.set_attribute("test", rule.test);
        root.set_attribute("split_seed", static_cast<std::int64_t>(rule.seed));
        return;
    }
    const auto splits = draw_splits(static_cast<std::int64_t>(episodes.size()), rule);
    for (std::size_t e = 0; e < splits.size(); ++e)
        episodes[e].split = splits[e];
}

void TrajectoryWriter::State::write_episodes() {
    auto group = root.create_group("episodes");
    write_column<std::int64_t>(group, "start", episodes, [](const auto& e) { return e.start; });
    write_column<std::int64_t>(group, "length", episodes, [](const auto& e) { return e.length; });
    write_column<std::uint8_t>(group, "end", episodes, [](const auto& e) { return e.end; });
    write_column<std::uint8_t>(group, "split", episodes, [](const auto& e) { return e.split; });
    write_column<double>(group, "return", episodes, [](const auto& e) { return e.episode_return; });
}

/// rtg_t = r_t + discount * rtg_t+1 inside each episode, from the end of the file to its start, so
/// that an episode of any length needs one block of memory.
void TrajectoryWriter::State::write_returns_to_go(h5::Dataset& rtg,
                                                  const std::function<void()>& between) {
    std::vector<float> values(static_cast<std::size_t>(std::min(kBlockRows, steps)));
    auto episode = static_cast<std::int64_t>(episodes.size()) - 1;
    double later = 0;
    for (std::int64_t end = steps; end > 0;) {
        const auto first = std::max<std::int64_t>(0, end - kBlockRows);
        rew.read(first, end - first, values.data());
        for (std::int64_t row = end - 1; row >= first; --row) {
            while (row < episodes[static_cast<std::size_t>(episode)].start) {
                --episode;
                later = 0;
            }
            auto& value = values[static_cast<std::size_t>(row - first)];
            later = static_cast<double>(value) + spec.discount * later;
            value = static_cast<float>(later);
        }
        rtg.write(first, end - first, values.data());
        end = first;
        between();
    }
}

void TrajectoryWriter::State::write_statistics_and_checksums(h5::Dataset& rtg,
                                                             const std::function<void()>& between) {
    auto stats = root.create_group("stats");
    const auto scan = [&](h5::Dataset& dataset, Modality modality) {
        TrainMoments train(episodes, dataset.row_size());
        record_checksum(dataset, [&](std::int64_t first, std::int64_t count, const float* rows) {
            train.add(first, count, rows);
            between();
        });
        write_statistics(stats, std::string(name_of(modality)), train.moments());
    };
    scan(obs, Modality::obs);
    if (!discrete()) scan(act, Modality::act);
    scan(rew, Modality::rew);
    scan(rtg, Modality::rtg);
}

void TrajectoryWriter::finish(const SplitRule& rule, const std::function<void()>& between) {
    auto& s = *state_;
    MAST_ASSERT(s.start == s.steps && !s.episodes.empty());
    s.divide(rule);
    s.write_episodes();
    // What comes next reads back: a disk that was full must be found out by then.
    for (auto* dataset : s.datasets())
        dataset->flush();
    auto rtg = s.root.create_dataset<float>("rtg", {s.steps});
    s.write_returns_to_go(rtg, between);
    rtg.flush();
    s.write_statistics_and_checksums(rtg, between);
    record_checksums(s.file.root());
    for (auto* dataset : s.datasets())
        dataset->close();
    rtg.close();
    complete_header(s.file);
    s.root.close();
    s.file.close();
    s.output.commit();
}

}  // namespace mast::store
