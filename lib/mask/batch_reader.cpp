// Reads masked token batches back (kind "batches"), believing nothing in the file.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "mask/batch_file.h"
#include "store/action_mask.h"
#include "store/checksum.h"
#include "store/header.h"

namespace mast::mask {

namespace h5 = store::h5;

namespace {

[[noreturn]] void refuse(const std::string& where, const std::string& what) {
    fail<DataError>("{}: {} (is the file whole? see mast verify)", where, what);
}

void check_shape(const h5::Dataset& dataset, const Shape& expected) {
    dataset.expect_held();
    if (dataset.shape() == expected) return;
    refuse(dataset.where(),
           fmt::format("has shape {}, expected {}", to_text(dataset.shape()), to_text(expected)));
}

template <h5::Element T>
std::vector<T> read_whole(const h5::Group& group, const std::string& name, const Shape& expected) {
    const auto dataset = group.dataset(name);
    check_shape(dataset, expected);
    std::vector<T> values(static_cast<std::size_t>(element_count(expected)));
    dataset.read(0, dataset.rows(), values.data());
    return values;
}

template <h5::Element T>
void read_rows(const h5::Dataset& dataset, std::int64_t first, std::int64_t count,
               std::vector<T>& out) {
    out.resize(static_cast<std::size_t>(count * dataset.row_size()));
    dataset.read(first, count, out.data());
}

void check_marks(const h5::Dataset& dataset, const std::vector<std::uint8_t>& marks) {
    const auto bad = std::find_if(marks.begin(), marks.end(), [](auto mark) { return mark > 1; });
    if (bad != marks.end()) {
        refuse(dataset.where(), fmt::format("holds {}, expected 0 and 1", *bad));
    }
}

void check_finite(const h5::Dataset& dataset, const std::vector<float>& values) {
    const auto bad =
        std::find_if(values.begin(), values.end(), [](float v) { return !std::isfinite(v); });
    if (bad != values.end()) {
        refuse(dataset.where(), fmt::format("holds {}, expected finite numbers", *bad));
    }
}

bool is_plain(const std::string& text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return c > ' ' && c <= '~' && c != '"' && c != '\\';
    });
}

std::string plain_text(const h5::Group& group, const std::string& name) {
    auto text = group.text_attribute(name);
    if (!is_plain(text)) {
        refuse(group.where(), fmt::format("attribute {} is not plain text, expected a name", name));
    }
    return text;
}

/// An attribute that is one of a few words.
template <class Find>
auto read_word(const h5::Group& group, const char* name, const Find& find) {
    const auto word = group.text_attribute(name);
    const auto value = find(word);
    if (!value) {
        refuse(group.where(), fmt::format("attribute {} is \"{}\", expected a word that mast "
                                          "mask writes there",
                                          name, word));
    }
    return *value;
}

/// Datasets of one modality of one objective.
struct MaskColumn {
    Modality modality;
    h5::Dataset visible;
    h5::Dataset predict;
    std::optional<h5::Dataset> source;
};

std::string member(const char* name, Modality modality) {
    return fmt::format("{}_{}", name, store::name_of(modality));
}

/// Whether the token in that slot of row r = b * T + t is there, and so is the row that reads it.
bool readable(const Objective& objective, std::size_t slot, const std::vector<std::uint8_t>& valid,
              std::size_t r) {
    const auto steps = static_cast<std::size_t>(objective.steps);
    const auto per_step = static_cast<std::size_t>(objective.layout.per_step());
    const auto row = objective.readout[r % steps * per_step + slot];
    if (valid[r] == 0 || row == kNoReadout) return false;
    return valid[r / steps * steps + static_cast<std::size_t>(row) / per_step] != 0;
}

}  // namespace

struct BatchFileReader::State {
    explicit State(const std::filesystem::path& path)
        : file(h5::File::open(path)),
          header(store::read_header(file, store::kBatches)),
          root(file.root()),
          layout(read_layout()),
          context(root.whole_attribute("context")),
          batch_size(root.whole_attribute("batch_size")),
          valid(root.dataset("valid")),
          episode(root.dataset("episode")),
          start(root.dataset("start")),
          samples(valid.rows()) {}

    Layout read_layout() const;
    void open_tokens();
    void open_action_mask();
    void read_scaler();
    void read_recorded();
    void open_objective(const h5::Group& group);
    void read_readouts(const h5::Group& group, Objective& objective) const;
    void read_tokens(std::int64_t first, std::int64_t count, window::Windows& out) const;
    void read_action_mask(std::int64_t first, std::int64_t count, window::Windows& out) const;
    void read_view(std::size_t i, std::int64_t first, Batch& out) const;
    void read_sources(const MaskColumn& column, std::int64_t first, MaskedView& view) const;
    void read_targets(const MaskColumn& column, std::int64_t first, const window::Windows& windows,
                      MaskedView& view) const;

    h5::File file;
    store::Header header;
    h5::Group root;
    Layout layout;
    std::int64_t context;
    std::int64_t batch_size;
    h5::Dataset valid;
    h5::Dataset episode;
    h5::Dataset start;
    std::int64_t samples;
    window::Channels channels;
    window::Scaler scaler;
    window::Recorded recorded;
    std::vector<h5::Dataset> tokens;  ///< in the order of the layout
    std::optional<h5::Dataset> action_mask;
    std::vector<Objective> objectives;
    std::vector<std::vector<MaskColumn>> views;
    mutable std::vector<std::uint8_t> marks;    ///< (B, T) scratch
    mutable std::vector<std::int64_t> sources;  ///< (B, T) scratch
};

Layout BatchFileReader::State::read_layout() const {
    try {
        return Layout(root.text_attribute("layout"));
    } catch (const UsageError& error) {
        refuse(root.where(), error.what());
    }
}

void BatchFileReader::State::open_tokens() {
    if (context < 1 || batch_size < 1 || samples < 1 || context > kMostTokens / layout.per_step()) {
        refuse(root.where(), fmt::format("has context {}, batch_size {} and {} samples, expected "
                                         "1 or more of each and at most {} tokens",
                                         context, batch_size, samples, kMostTokens));
    }
    check_shape(valid, {samples, context});
    check_shape(episode, {samples});
    check_shape(start, {samples});
    const auto group = root.group("tokens");
    for (const auto modality : layout.modalities()) {
        auto dataset = group.dataset(std::string(store::name_of(modality)));
        auto& channel = channels[store::index_of(modality)];
        channel.discrete = dataset.text_attribute("kind") == "discrete";
        if (channel.discrete && modality != Modality::act) {
            refuse(dataset.where(), "is discrete, expected values: only actions can be discrete");
        }
        if (!channel.discrete && dataset.shape().size() != 3) {
            refuse(dataset.where(), fmt::format("has shape {}, expected samples, steps, columns",
                                                to_text(dataset.shape())));
        }
        channel.dim = channel.discrete ? dataset.whole_attribute("count") : dataset.shape()[2];
        constexpr std::int64_t kMostColumns = std::int64_t{1} << 20U;
        if (channel.dim < 1 || channel.dim > kMostColumns) {
            refuse(dataset.where(), fmt::format("has {} columns or classes, expected 1 to {}",
                                                channel.dim, kMostColumns));
        }
        check_shape(dataset, channel.discrete ? Shape{samples, context}
                                              : Shape{samples, context, channel.dim});
        tokens.push_back(std::move(dataset));
    }
    open_action_mask();
}

/// Files of earlier versions, and of data that calls no action invalid, have none.
void BatchFileReader::State::open_action_mask() {
    if (!root.has_dataset("action_mask")) return;
    action_mask = root.dataset("action_mask");
    auto& channel = channels[store::index_of(Modality::act)];
    if (!channel.discrete)
        refuse(action_mask->where(), "stands beside continuous actions, expected classes");
    check_shape(*action_mask, {samples, context, channel.dim});
    channel.masked = true;
}

void BatchFileReader::State::read_scaler() {
    const auto stats = root.group("stats");
    std::array<std::vector<float>, 4> mean;
    std::array<std::vector<float>, 4> scale;
    for (const auto modality : layout.modalities()) {
        const auto m = store::index_of(modality);
        if (channels[m].discrete) continue;
        const auto group = stats.group(std::string(store::name_of(modality)));
        mean[m] = read_whole<float>(group, "mean", {channels[m].dim});
        scale[m] = read_whole<float>(group, "scale", {channels[m].dim});
        const auto good = [](float v) { return std::isfinite(v); };
        if (!std::all_of(mean[m].begin(), mean[m].end(), good) ||
            !std::all_of(scale[m].begin(), scale[m].end(),
                         [&](float v) { return good(v) && v > 0; })) {
            refuse(group.where(), "is not finite, or has a scale of 0, expected mean and scale");
        }
    }
    scaler = window::Scaler(std::move(mean), std::move(scale));
}

/// Files of earlier versions have none of it.
void BatchFileReader::State::read_recorded() {
    if (root.has_attribute("discount")) recorded.discount = root.real_attribute("discount");
    if (!(recorded.discount >= 0 && recorded.discount <= 1)) {
        refuse(root.where(),
               fmt::format("attribute discount is {}, expected 0 to 1", recorded.discount));
    }
    const auto& channel = channels[store::index_of(Modality::act)];
    if (channel.discrete) return;
    const auto group = root.group("stats/act");
    if (!group.has_dataset("min") && !group.has_dataset("max")) return;
    recorded.least = read_whole<float>(group, "min", {channel.dim});
    recorded.most = read_whole<float>(group, "max", {channel.dim});
    for (std::size_t d = 0; d < recorded.least.size(); ++d) {
        const auto least = recorded.least[d];
        const auto most = recorded.most[d];
        if (std::isfinite(least) && std::isfinite(most) && least <= most) continue;
        refuse(group.where(),
               fmt::format("has min {} and max {}, expected finite numbers, min no more than max",
                           least, most));
    }
}

void BatchFileReader::State::read_readouts(const h5::Group& group, Objective& objective) const {
    const std::int64_t n = objective.tokens();
    objective.readout.assign(static_cast<std::size_t>(n), kNoReadout);
    for (const auto modality : layout.modalities()) {
        const auto name = member("readout", modality);
        const auto rows = read_whole<std::int64_t>(group, name, {context});
        for (std::int64_t t = 0; t < context; ++t) {
            const auto row = rows[static_cast<std::size_t>(t)];
            if (row < kNoReadout || row >= n) {
                refuse(group.where() + "/" + name,
                       fmt::format("holds row {}, expected -1 to {}", row, n - 1));
            }
            objective.readout[static_cast<std::size_t>(layout.token(t, modality))] = row;
        }
    }
}

void BatchFileReader::State::open_objective(const h5::Group& group) {
    Objective objective;
    objective.name = plain_text(group, "name");
    objective.spec = group.text_attribute("spec");
    objective.role = plain_text(group, "role");
    objective.weight = group.real_attribute("weight");
    objective.layout = layout;
    objective.steps = context;
    objective.target = read_word(group, "target", target_from);
    objective.aim = read_word(group, "aim", aim_from);
    for (const auto modality : layout.modalities())
        objective.hidden_asked[store::index_of(modality)] =
            group.real_attribute(member("hidden_asked", modality));
    if (!std::isfinite(objective.weight) || objective.weight < 0) {
        refuse(group.where(),
               fmt::format("attribute weight is {}, expected 0 or more", objective.weight));
    }
    const std::int64_t n = objective.tokens();
    objective.attend = read_whole<std::uint8_t>(group, "attend", {n, n});
    check_marks(group.dataset("attend"), objective.attend);
    read_readouts(group, objective);
    // Sources of some kinds alone would leave the others without a row to show.
    for (const auto modality : layout.modalities())
        objective.replaces = objective.replaces || group.has_dataset(member("source", modality));
    auto& columns = views.emplace_back();
    for (const auto modality : layout.modalities()) {
        columns.push_back({modality, group.dataset(member("visible", modality)),
                           group.dataset(member("predict", modality)), std::nullopt});
        check_shape(columns.back().visible, {samples, context});
        check_shape(columns.back().predict, {samples, context});
        if (!objective.replaces) continue;
        columns.back().source = group.dataset(member("source", modality));
        check_shape(*columns.back().source, {samples, context});
    }
    objectives.push_back(std::move(objective));
}

void BatchFileReader::State::read_tokens(std::int64_t first, std::int64_t count,
                                         window::Windows& out) const {
    out.resize(count, context, channels, layout.modalities());
    read_rows(valid, first, count, out.valid);
    check_marks(valid, out.valid);
    read_rows(episode, first, count, out.episode);
    read_rows(start, first, count, out.start);
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const auto m = store::index_of(layout.modalities()[i]);
        if (!channels[m].discrete) {
            read_rows(tokens[i], first, count, out.values[m]);
            check_finite(tokens[i], out.values[m]);
            continue;
        }
        read_rows(tokens[i], first, count, out.classes);
        for (const auto number : out.classes) {
            if (number >= 0 && number < channels[m].dim) continue;
            refuse(tokens[i].where(),
                   fmt::format("holds class {}, expected 0 to {}", number, channels[m].dim - 1));
        }
    }
    if (action_mask) read_action_mask(first, count, out);
}

/// Of valid steps the class that was taken must be valid; padding is nobody's business.
void BatchFileReader::State::read_action_mask(std::int64_t first, std::int64_t count,
                                              window::Windows& out) const {
    read_rows(*action_mask, first, count, out.may);
    check_marks(*action_mask, out.may);
    const auto dim = static_cast<std::size_t>(channels[store::index_of(Modality::act)].dim);
    for (std::size_t r = 0; r < out.valid.size(); ++r) {
        const auto may = std::span(out.may).subspan(r * dim, dim);
        if (out.valid[r] == 0 || store::allows(may, std::span(out.classes).subspan(r, 1))) continue;
        refuse(action_mask->where(), "is 0 for an action that was taken, expected 1");
    }
}

void BatchFileReader::State::read_view(std::size_t i, std::int64_t first, Batch& out) const {
    const auto& objective = objectives[i];
    const auto& windows = out.windows;
    const auto per_step = static_cast<std::size_t>(layout.per_step());
    auto& view = out.views[i];
    view.objective = &objective;
    view.hidden.resize(static_cast<std::size_t>(windows.batch * objective.tokens()));
    view.predict.resize(view.hidden.size());
    view.source.resize(objective.replaces ? view.hidden.size() : 0);
    for (const auto& column : views[i]) {
        const auto slot = static_cast<std::size_t>(layout.slot(column.modality));
        read_rows(column.visible, first, windows.batch, marks);
        check_marks(column.visible, marks);
        for (std::size_t r = 0; r < marks.size(); ++r)
            view.hidden[r * per_step + slot] =
                windows.valid[r] != 0 && marks[r] == 0 ? kMasked : kVisible;
        if (column.source) read_sources(column, first, view);
        read_targets(column, first, windows, view);
    }
}

/// The proof of leaks takes for granted that targets of when_hidden are hidden.
void BatchFileReader::State::read_targets(const MaskColumn& column, std::int64_t first,
                                          const window::Windows& windows, MaskedView& view) const {
    const auto& objective = *view.objective;
    const auto per_step = static_cast<std::size_t>(layout.per_step());
    const auto slot = static_cast<std::size_t>(layout.slot(column.modality));
    read_rows(column.predict, first, windows.batch, marks);
    check_marks(column.predict, marks);
    for (std::size_t r = 0; r < marks.size(); ++r) {
        const auto token = r * per_step + slot;
        view.predict[token] = marks[r];
        if (marks[r] == 0) continue;
        if (!readable(objective, slot, windows.valid, r)) {
            refuse(column.predict.where(),
                   "predicts padding, at the row of padding or a token without a read-out, "
                   "expected none of these");
        }
        if (objective.target == Target::when_hidden && view.hidden[token] == kVisible) {
            refuse(column.predict.where(),
                   "predicts a visible token though its target is when_hidden, expected hidden "
                   "ones");
        }
    }
}

/// Rows of the batch instead of rows of the file; a hidden token that shows one was kept or
/// replaced.
void BatchFileReader::State::read_sources(const MaskColumn& column, std::int64_t first,
                                          MaskedView& view) const {
    const auto per_step = static_cast<std::size_t>(layout.per_step());
    const auto slot = static_cast<std::size_t>(layout.slot(column.modality));
    const auto count = static_cast<std::int64_t>(view.hidden.size()) / layout.tokens(context);
    read_rows(*column.source, first, count, sources);
    const auto least = first * context;
    for (std::size_t r = 0; r < sources.size(); ++r) {
        const auto token = r * per_step + slot;
        const auto own = static_cast<std::int64_t>(r);
        const bool inside = sources[r] >= least && sources[r] < least + count * context;
        const auto row = inside ? sources[r] - least : kNoSource;
        if ((!inside && sources[r] != kNoSource) ||
            (view.hidden[token] == kVisible && row != own)) {
            refuse(column.source->where(),
                   fmt::format("holds row {}, expected -1 or a row of the same batch, and of a "
                               "visible token its own",
                               sources[r]));
        }
        view.source[token] = static_cast<std::int32_t>(row);
        if (view.hidden[token] != kVisible && row != kNoSource)
            view.hidden[token] = row == own ? kKept : kReplaced;
    }
}

BatchFileReader::BatchFileReader(const std::filesystem::path& path)
    : state_(std::make_unique<State>(path)) {
    state_->open_tokens();
    state_->read_scaler();
    state_->read_recorded();
    const auto group = state_->root.group("objectives");
    const auto count = group.children().size();
    if (count == 0) refuse(group.where(), "is empty, expected at least one objective");
    for (std::size_t i = 0; i < count; ++i)
        state_->open_objective(group.group(fmt::format("{}", i)));
}

BatchFileReader::~BatchFileReader() = default;
BatchFileReader::BatchFileReader(BatchFileReader&&) noexcept = default;

std::int64_t BatchFileReader::samples() const {
    return state_->samples;
}

std::int64_t BatchFileReader::batch_size() const {
    return state_->batch_size;
}

const window::Channels& BatchFileReader::channels() const {
    return state_->channels;
}

const window::Scaler& BatchFileReader::scaler() const {
    return state_->scaler;
}

const std::vector<Objective>& BatchFileReader::objectives() const {
    return state_->objectives;
}

const window::Recorded& BatchFileReader::recorded() const {
    return state_->recorded;
}

const store::History& BatchFileReader::history() const {
    return state_->header.history;
}

std::string BatchFileReader::content_hash() const {
    return store::content_hash(state_->root);
}

void BatchFileReader::read(std::int64_t first, std::int64_t count, Batch& out) const {
    MAST_ASSERT(first >= 0 && count >= 1 && first + count <= state_->samples);
    state_->read_tokens(first, count, out.windows);
    out.views.resize(state_->objectives.size());
    for (std::size_t i = 0; i < out.views.size(); ++i)
        state_->read_view(i, first, out);
}

std::vector<std::string> BatchFileReader::damage() const {
    return store::damage_inside(state_->root);
}

}  // namespace mast::mask
