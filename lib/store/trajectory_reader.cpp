#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/assert.h"
#include "base/error.h"
#include "store/action_mask.h"
#include "store/checksum.h"
#include "store/header.h"
#include "store/trajectories.h"

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

}  // namespace

struct TrajectoryReader::State {
    explicit State(const std::filesystem::path& path_in);
    void read_spec();
    const h5::Dataset& dataset(Modality modality) const;

    std::filesystem::path path;
    h5::File file;
    h5::Group root;
    Header header;
    h5::Dataset obs, act, rew, rtg, final_obs;
    std::optional<h5::Dataset> action_mask;
    TrajectorySpec spec;
    std::int64_t steps = 0;
    std::vector<Episode> episodes;
    std::array<Statistics, kModalities.size()> statistics;
};

namespace {

/// The header is looked at before anything else is asked of a file.
h5::File open_store(const std::filesystem::path& path) {
    auto file = h5::File::open(path, h5::Access::random);
    read_header(file, kTrajectories);
    return file;
}

}  // namespace

TrajectoryReader::State::State(const std::filesystem::path& path_in)
    : path(path_in),
      file(open_store(path)),
      root(file.root()),
      header(read_header(file, kTrajectories)),
      obs(root.dataset("obs")),
      act(root.dataset("act")),
      rew(root.dataset("rew")),
      rtg(root.dataset("rtg")),
      final_obs(root.dataset("final_obs")) {
    read_spec();
    episodes = read_episodes(root, steps);
    expect_shape(final_obs, {static_cast<std::int64_t>(episodes.size()), spec.obs_dim});
    const bool discrete = spec.action_kind == ActionKind::discrete;
    statistics[index_of(Modality::obs)] = read_statistics(root, "obs", spec.obs_dim);
    if (!discrete) statistics[index_of(Modality::act)] = read_statistics(root, "act", spec.act_dim);
    statistics[index_of(Modality::rew)] = read_statistics(root, "rew", 1);
    statistics[index_of(Modality::rtg)] = read_statistics(root, "rtg", 1);
}

void TrajectoryReader::State::read_spec() {
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

const h5::Dataset& TrajectoryReader::State::dataset(Modality modality) const {
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

TrajectoryReader::TrajectoryReader(const std::filesystem::path& path)
    : state_(std::make_unique<State>(path)) {}
TrajectoryReader::~TrajectoryReader() = default;
TrajectoryReader::TrajectoryReader(TrajectoryReader&&) noexcept = default;

const std::filesystem::path& TrajectoryReader::path() const {
    return state_->path;
}
const TrajectorySpec& TrajectoryReader::spec() const {
    return state_->spec;
}
const std::vector<Episode>& TrajectoryReader::episodes() const {
    return state_->episodes;
}
std::int64_t TrajectoryReader::steps() const {
    return state_->steps;
}
const Statistics& TrajectoryReader::statistics(Modality modality) const {
    return state_->statistics[index_of(modality)];
}
const History& TrajectoryReader::history() const {
    return state_->header.history;
}
std::string TrajectoryReader::content_hash() const {
    return store::content_hash(state_->root);
}

std::int64_t TrajectoryReader::dim(Modality modality) const {
    switch (modality) {
        case Modality::obs:
            return state_->spec.obs_dim;
        case Modality::act:
            return state_->spec.act_dim;
        case Modality::rew:
        case Modality::rtg:
            break;
    }
    return 1;
}

void TrajectoryReader::read(Modality modality, std::int64_t first, std::int64_t count,
                            std::span<float> out) const {
    MAST_ASSERT(modality != Modality::act || state_->spec.action_kind == ActionKind::continuous);
    MAST_ASSERT(static_cast<std::int64_t>(out.size()) >= count * dim(modality));
    state_->dataset(modality).read(first, count, out.data());
}

void TrajectoryReader::read_classes(std::int64_t first, std::int64_t count,
                                    std::span<std::int32_t> out) const {
    MAST_ASSERT(state_->spec.action_kind == ActionKind::discrete);
    MAST_ASSERT(static_cast<std::int64_t>(out.size()) >= count);
    state_->act.read(first, count, out.data());
    for (std::int64_t row = 0; row < count; ++row) {
        const auto value = out[static_cast<std::size_t>(row)];
        if (value < 0 || value >= state_->spec.act_dim) {
            fail<DataError>(
                "{}: row {} is {}, expected an action of 0 to {} (make the store again "
                "with mast ingest)",
                state_->act.where(), first + row, value, state_->spec.act_dim - 1);
        }
    }
}

void TrajectoryReader::read_action_masks(std::int64_t first, std::int64_t count,
                                         std::span<std::uint8_t> out) const {
    MAST_ASSERT(state_->spec.action_masks);
    MAST_ASSERT(static_cast<std::int64_t>(out.size()) == count * state_->spec.act_dim);
    state_->action_mask->read(first, count, out.data());
    std::vector<std::int32_t> classes(static_cast<std::size_t>(count));
    read_classes(first, count, classes);
    if (allows(out, classes)) return;
    fail<DataError>(
        "{}: holds in rows {} to {} what is neither 0 nor 1, or 0 for the action that was taken, "
        "expected 1 for each that is valid (make the store again with mast ingest)",
        state_->action_mask->where(), first, first + count - 1);
}

bool TrajectoryReader::read_final_obs(std::int64_t episode, std::span<float> out) const {
    state_->final_obs.read(episode, 1, out.data());
    return !std::isnan(out[0]);
}

std::vector<std::string> TrajectoryReader::damage() const {
    return damage_inside(state_->root);
}

}  // namespace mast::store
