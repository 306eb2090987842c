#include "store/trajectory_file.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace mast::store {

namespace {

/// A store has as many datasets as shapes that must agree; this says which does not.
void expect_shape(const h5::Dataset& dataset, const Shape& expected) {
    dataset.expect_held();
    if (dataset.shape() == expected) return;
    fail<DataError>("{}: has shape {}, expected {} (make the store again with mast ingest)",
                    dataset.where(), to_text(dataset.shape()), to_text(expected));
}

/// Parts that stand side by side and fill the columns.
std::vector<Component> components_from_json(const std::string& text, std::int64_t columns,
                                            const std::string& where) {
    std::vector<Component> components;
    std::int64_t next = 0;
    bool fit = true;
    try {
        for (const auto& item : nlohmann::json::parse(text)) {
            components.push_back({item.at("name").get<std::string>(),
                                  item.at("first").get<std::int64_t>(),
                                  item.at("width").get<std::int64_t>()});
            const auto& part = components.back();
            fit = fit && part.first == next && part.width >= 1 && part.width <= columns - next;
            if (fit) next += part.width;
        }
    } catch (const nlohmann::json::exception&) {
        fit = false;
    }
    if (fit && next == columns) return components;
    fail<DataError>(
        "{}: attribute components is not a JSON list of parts that fill {} columns, expected one "
        "(make the store again with mast ingest)",
        where, columns);
}

template <h5::Element T>
std::vector<T> read_column(const h5::Group& group, const std::string& name, std::int64_t rows) {
    const auto dataset = group.dataset(name);
    expect_shape(dataset, {rows});
    std::vector<T> values(static_cast<std::size_t>(rows));
    dataset.read(0, rows, values.data());
    return values;
}

std::vector<Episode> read_episodes(const h5::Group& root, std::int64_t steps) {
    const auto group = root.group("episodes");
    const auto count = group.dataset("start").rows();
    const auto start = read_column<std::int64_t>(group, "start", count);
    const auto length = read_column<std::int64_t>(group, "length", count);
    const auto end = read_column<std::uint8_t>(group, "end", count);
    const auto split = read_column<std::uint8_t>(group, "split", count);
    const auto value = read_column<double>(group, "return", count);
    std::vector<Episode> episodes;
    std::int64_t next = 0;
    for (std::size_t e = 0; e < start.size(); ++e) {
        if (start[e] != next || length[e] < 1 || length[e] > steps - next || end[e] > 2 ||
            split[e] > 2) {
            fail<DataError>(
                "{}: row {} does not follow the episode before it, expected episodes that cover "
                "all "
                "{} steps (make the store again with mast ingest)",
                group.where(), e, steps);
        }
        episodes.push_back({start[e], length[e], End{end[e]}, Split{split[e]}, value[e]});
        next += length[e];
    }
    if (next != steps || episodes.empty()) {
        fail<DataError>("{}: cover {} steps, expected {} (make the store again with mast ingest)",
                        group.where(), next, steps);
    }
    return episodes;
}

Statistics read_statistics(const h5::Group& root, const std::string& name, std::int64_t columns) {
    const auto group = root.group("stats/" + name);
    Statistics result{
        read_column<double>(group, "mean", columns), read_column<double>(group, "std", columns),
        read_column<double>(group, "min", columns), read_column<double>(group, "max", columns)};
    const auto finite = [](double value) { return std::isfinite(value); };
    const auto usable = [](double value) { return std::isfinite(value) && value >= 0; };
    if (!std::all_of(result.mean.begin(), result.mean.end(), finite) ||
        !std::all_of(result.std.begin(), result.std.end(), usable)) {
        fail<DataError>(
            "{}: holds values that are no statistics, expected finite numbers (make the "
            "store again with mast ingest)",
            group.where());
    }
    return result;
}

/// The header is looked at before anything else is asked of a file.
h5::File open_store(const std::filesystem::path& path) {
    auto file = h5::File::open(path, h5::Access::random);
    read_header(file, kTrajectories);
    return file;
}

}  // namespace

TrajectoryFile::TrajectoryFile(const std::filesystem::path& path_in)
    : path(path_in),
      file(open_store(path)),
      root(file.root()),
      header(read_header(file, kTrajectories)),
      shard(read_shard(root)),
      obs(root.dataset("obs")),
      act(root.dataset("act")),
      rew(root.dataset("rew")),
      rtg(root.dataset("rtg")),
      final_obs(root.dataset("final_obs")) {
    read_spec();
    episodes = read_episodes(root, steps);
    expect_shape(final_obs, {static_cast<std::int64_t>(episodes.size()), spec.obs_dim});
}
void TrajectoryFile::read_spec() {
    steps = obs.rows();
    expect_shape(obs, {steps, obs.row_size()});
    spec.obs_dim = obs.row_size();
    spec.components =
        components_from_json(obs.text_attribute("components"), spec.obs_dim, obs.where());
    spec.discount = root.real_attribute("discount");
    if (!(spec.discount >= 0 && spec.discount <= 1)) {
        fail<DataError>("{}: attribute discount is {}, expected 0 to 1 (is the file whole?)",
                        path.string(), spec.discount);
    }
    const auto kind = act.text_attribute("kind");
    if (kind == "discrete") {
        spec.action_kind = ActionKind::discrete;
        spec.act_dim = act.whole_attribute("count");
        expect_shape(act, {steps});
    } else {
        spec.act_dim = act.row_size();
        expect_shape(act, {steps, spec.act_dim});
    }
    constexpr std::int64_t kMostColumns = 1 << 20;
    if (spec.obs_dim < 1 || spec.act_dim < 1 || spec.obs_dim > kMostColumns ||
        spec.act_dim > kMostColumns) {
        fail<DataError>("{}: has {} observation and {} action columns, expected 1 to {} of each",
                        path.string(), spec.obs_dim, spec.act_dim, kMostColumns);
    }
    expect_shape(rew, {steps});
    expect_shape(rtg, {steps});
    if (!root.has_dataset("action_mask")) return;
    action_mask = root.dataset("action_mask");
    spec.action_masks = true;
    if (kind != "discrete") {
        fail<DataError>(
            "{}: stands beside continuous actions, expected discrete ones (make the "
            "store again with mast ingest)",
            action_mask->where());
    }
    expect_shape(*action_mask, {steps, spec.act_dim});
}

SplitRule TrajectoryFile::read_rule() const {
    const SplitRule rule{root.real_attribute("val"), root.real_attribute("test"),
                         static_cast<std::uint64_t>(root.whole_attribute("split_seed"))};
    if (rule.val >= 0 && rule.test >= 0 && rule.val + rule.test < 1) return rule;
    fail<DataError>(
        "{}: attributes val and test are {} and {}, expected less than 1 together (is the file "
        "whole?)",
        path.string(), rule.val, rule.test);
}

const h5::Dataset& TrajectoryFile::dataset(Modality modality) const {
    switch (modality) {
        case Modality::obs:
            return obs;
        case Modality::act:
            return act;
        case Modality::rew:
            return rew;
        case Modality::rtg:
            break;
    }
    return rtg;
}

Statistics TrajectoryFile::read_statistics(Modality modality, std::int64_t columns) const {
    return store::read_statistics(root, std::string(name_of(modality)), columns);
}

}  // namespace mast::store
