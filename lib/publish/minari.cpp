// Minari: a group for each episode, one observation more than actions, spaces as JSON.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "publish/layout.h"
#include "publish/observation_space.h"
#include "store/block_reader.h"
#include "store/h5.h"

namespace mast::publish {

namespace fs = std::filesystem;

namespace {

using store::ActionKind;
using store::End;
using store::TrajectoryReader;
using store::h5::Dataset;
using store::h5::Flag;
using store::h5::Group;

/// The name by which Minari's package finds a dataset in its folder, with metadata.json beside it.
constexpr const char* kMainFile = "main_data.hdf5";
constexpr const char* kMetadataFile = "metadata.json";
/// Of the layout; packages from 0.5 on read it.
constexpr const char* kMinariVersion = "0.5.0";

bool is_main_file(const fs::path& target) {
    return target.filename() == kMainFile;
}

/// "NAME/data/main_data.hdf5" is the dataset NAME, another file that of its own name; in letters
/// that Minari takes.
std::string dataset_id(const fs::path& target) {
    const auto whole = fs::absolute(target).lexically_normal();
    auto folder = whole.parent_path();
    if (folder.filename() == "data") folder = folder.parent_path();
    auto name = (is_main_file(target) ? folder.filename() : whole.stem()).string();
    for (auto& letter : name) {
        const bool plain = (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') ||
                           (letter >= 'a' && letter <= 'z') || letter == '-' || letter == '.';
        if (!plain) letter = '_';
    }
    return name.empty() ? "dataset" : name;
}

std::string action_space(const store::TrajectorySpec& spec) {
    if (spec.action_kind == ActionKind::continuous) return box_json(spec.act_dim);
    return fmt::format(R"({{"type": "Discrete", "dtype": "int64", "start": 0, "n": {}}})",
                       spec.act_dim);
}

nlohmann::ordered_json metadata(const TrajectoryReader& store, const Request& request,
                                const ObservationSpace& observations) {
    return {{"total_episodes", store.episodes().size()},
            {"total_steps", store.steps()},
            {"data_format", "hdf5"},
            {"observation_space", observations.json},
            {"action_space", action_space(store.spec())},
            {"dataset_id", dataset_id(request.target)},
            {"minari_version", kMinariVersion}};
}

/// A file by itself says the same in its attributes, as Minari 0.4 did.
void set_attributes(Group& root, const nlohmann::ordered_json& values) {
    for (const auto& [key, value] : values.items()) {
        if (value.is_string()) {
            root.set_attribute(key, value.get<std::string>());
        } else {
            root.set_attribute(key, value.get<std::int64_t>());
        }
    }
}

/// The columns of a part, side by side.
std::vector<float> columns_of(std::span<const float> rows, std::int64_t dim,
                              const ObservationPart& part) {
    std::vector<float> out;
    out.reserve(rows.size() / static_cast<std::size_t>(dim) * static_cast<std::size_t>(part.width));
    for (std::size_t row = 0; row < rows.size(); row += static_cast<std::size_t>(dim)) {
        const auto first = rows.begin() + static_cast<std::ptrdiff_t>(row) + part.first;
        out.insert(out.end(), first, first + part.width);
    }
    return out;
}

/// A dataset at "a/b/c"; groups on the way are made.
template <store::h5::Element T>
Dataset create_at(Group& group, const std::string& path, const Shape& shape) {
    const auto slash = path.find('/');
    if (slash == std::string::npos) return group.create_dataset<T>(path, shape);
    const auto name = path.substr(0, slash);
    auto below = group.has_group(name) ? group.group(name) : group.create_group(name);
    return create_at<T>(below, path.substr(slash + 1), shape);
}

class EpisodeWriter {
  public:
    EpisodeWriter(const TrajectoryReader& store, const ObservationSpace& space)
        : store_(store), space_(space), blocks_(store) {}

    void write(Group& root, std::int64_t number, const Request& request) {
        const auto& episode = store_.episodes()[static_cast<std::size_t>(number)];
        auto group = root.create_group(fmt::format("episode_{}", number));
        group.set_attribute("id", number);
        group.set_attribute("total_steps", episode.length);
        std::vector<float> final_obs(static_cast<std::size_t>(store_.spec().obs_dim));
        const bool known = store_.read_final_obs(number, final_obs);
        create(group, episode.length, known);
        const auto end = episode.start + episode.length;
        for (auto row = episode.start; row < end; row += blocks_.rows()) {
            const auto count = std::min(blocks_.rows(), end - row);
            write_block(row - episode.start, blocks_.read(row, count));
            request.between(row + count);
        }
        if (known) write_observations(episode.length, final_obs);
        write_flags(group, "terminations", episode.length, episode.end == End::terminated);
        write_flags(group, "truncations", episode.length, episode.end == End::truncated);
        for (auto& dataset : observations_)
            dataset.close();
        for (auto& dataset : others_)
            dataset.close();
    }

  private:
    void create(Group& group, std::int64_t steps, bool known) {
        const auto& spec = store_.spec();
        const bool discrete = spec.action_kind == ActionKind::discrete;
        observations_.clear();
        others_.clear();
        for (const auto& part : space_.parts) {
            observations_.push_back(
                create_at<float>(group, part.path, {steps + (known ? 1 : 0), part.width}));
        }
        others_.push_back(discrete ? group.create_dataset<std::int64_t>("actions", {steps})
                                   : group.create_dataset<float>("actions", {steps, spec.act_dim}));
        others_.push_back(group.create_dataset<float>("rewards", {steps}));
        if (spec.action_masks) {
            others_.push_back(
                create_at<std::uint8_t>(group, "infos/action_mask", {steps, spec.act_dim}));
        }
    }

    void write_observations(std::int64_t row, std::span<const float> values) {
        const auto dim = store_.spec().obs_dim;
        const auto count = static_cast<std::int64_t>(values.size()) / dim;
        for (std::size_t p = 0; p < space_.parts.size(); ++p)
            observations_[p].write(row, count, columns_of(values, dim, space_.parts[p]).data());
    }

    void write_block(std::int64_t row, const store::StepBlock& block) {
        write_observations(row, block.obs);
        if (store_.spec().action_kind == ActionKind::discrete) {
            const std::vector<std::int64_t> classes(block.classes.begin(), block.classes.end());
            others_[0].write(row, block.steps, classes.data());
        } else {
            others_[0].write(row, block.steps, block.act.data());
        }
        others_[1].write(row, block.steps, block.rew.data());
        if (store_.spec().action_masks) others_[2].write(row, block.steps, block.may.data());
    }

    static void write_flags(Group& group, const char* name, std::int64_t steps, bool at_the_end) {
        auto dataset = group.create_dataset<Flag>(name, {steps});
        std::vector<Flag> flags(static_cast<std::size_t>(steps), Flag::no);
        if (at_the_end) flags.back() = Flag::yes;
        dataset.write(0, steps, flags.data());
        dataset.close();
    }

    const TrajectoryReader& store_;
    const ObservationSpace& space_;
    store::BlockReader blocks_;
    std::vector<Dataset> observations_;  ///< a part each
    std::vector<Dataset> others_;        ///< actions, rewards, and the masks of actions
};

std::vector<Loss> losses(const TrajectoryReader& store, const ObservationSpace& space) {
    std::vector<Loss> lost{{"splits", ""}};
    if (!space.keeps_names) {
        lost.push_back({"components",
                        fmt::format("{}: names parts of its observations in a way that is no tree "
                                    "of groups, so they become one dataset without names",
                                    store.path().string())});
    }
    if (store.spec().discount != 1) lost.push_back({"discount", ""});
    return lost;
}

std::vector<Loss> write(const TrajectoryReader& store, const Request& request) {
    const auto beside = request.target.parent_path() / kMetadataFile;
    if (is_main_file(request.target)) store::check_target(beside, request.overwrite);
    const auto space = observation_space(store.spec().components, store.spec().obs_dim);
    const auto described = metadata(store, request, space);
    store::OutputFile output(request.target, request.overwrite);
    auto file = store::h5::File::create(output.temp_path(), request.target);
    auto root = file.root();
    set_attributes(root, described);
    root.set_attribute("history", store::to_json(request.history));
    EpisodeWriter episodes(store, space);
    const auto count = static_cast<std::int64_t>(store.episodes().size());
    for (std::int64_t number = 0; number < count; ++number)
        episodes.write(root, number, request);
    root.close();
    file.close();
    if (is_main_file(request.target)) {
        // Never the description of another dataset beside the data: a reader that finds none says
        // so.
        std::error_code ignored;
        fs::remove(beside, ignored);
    }
    output.commit();
    if (is_main_file(request.target))
        store::write_file(beside, described.dump(2) + "\n", request.overwrite);
    return losses(store, space);
}

}  // namespace

const Layout kMinari{"minari", "a group for each episode, as Minari reads it", write};

}  // namespace mast::publish
