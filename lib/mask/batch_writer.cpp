// Writes masked token batches (kind "batches").
#include <fmt/format.h>

#include <list>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "mask/batch_file.h"
#include "mask/inputs.h"
#include "store/hashed_dataset.h"
#include "store/header.h"
#include "store/write_back.h"

namespace mast::mask {

namespace h5 = store::h5;
using store::HashedDataset;
using store::write_whole;

namespace {

std::string member(const char* name, Modality modality) {
    return fmt::format("{}_{}", name, store::name_of(modality));
}

/// One modality of /tokens.
struct TokenColumn {
    Modality modality;
    std::optional<HashedDataset<float>> values;
    std::optional<HashedDataset<std::int32_t>> classes;
};

/// One modality of one objective.
struct MaskColumn {
    Modality modality;
    HashedDataset<std::uint8_t> visible;
    HashedDataset<std::uint8_t> predict;
    std::optional<HashedDataset<float>> inputs;
    std::optional<HashedDataset<std::int64_t>> source;
};

void write_readout(h5::Group& group, const Objective& objective, Modality modality) {
    std::vector<std::int64_t> rows;
    for (std::int64_t t = 0; t < objective.steps; ++t) {
        rows.push_back(
            objective.readout[static_cast<std::size_t>(objective.layout.token(t, modality))]);
    }
    write_whole<std::int64_t>(group, member("readout", modality), {objective.steps}, rows);
}

}  // namespace

struct BatchFileWriter::State {
    State(const std::filesystem::path& target, store::Overwrite overwrite,
          const BatchFileSpec& spec_in)
        : spec(spec_in),
          output(target, overwrite),
          write_back(output.temp_path()),
          file(h5::File::create(output.temp_path(), output.target())),
          root(file.root()) {}

    void describe(const Objective& first, const window::Channels& channels,
                  const window::Scaler& scaler);
    void create_tokens(const Layout& layout, std::int64_t steps, const window::Channels& channels);
    void create_objective(std::size_t number, const Objective& objective,
                          const window::Channels& channels);
    std::int64_t bytes() const;
    void append_tokens(const Batch& batch);
    void append_view(const Batch& batch, const MaskedView& view,
                     std::list<MaskColumn>& columns) const;
    void append_sources(const MaskedView& view, MaskColumn& column) const;

    BatchFileSpec spec;
    store::OutputFile output;
    store::WriteBack write_back;
    h5::File file;
    std::optional<h5::Group> root;  ///< HDF5 closes a file only when nothing in it is open
    std::list<TokenColumn> tokens;
    std::vector<std::list<MaskColumn>> views;
    std::optional<HashedDataset<std::uint8_t>> action_mask;
    std::optional<HashedDataset<std::uint8_t>> valid;
    std::optional<HashedDataset<std::int64_t>> episode;
    std::optional<HashedDataset<std::int64_t>> start;
    std::int64_t written = 0;  ///< samples
};

void BatchFileWriter::State::describe(const Objective& first, const window::Channels& channels,
                                      const window::Scaler& scaler) {
    root->set_attribute("layout", first.layout.text());
    root->set_attribute("context", first.steps);
    root->set_attribute("batch_size", spec.batch_size);
    root->set_attribute("mask_value", static_cast<double>(spec.mask_value));
    if (spec.shard) store::write_shard(*root, *spec.shard);
    root->set_attribute("seed", static_cast<std::int64_t>(spec.seed));
    root->set_attribute("discount", spec.recorded.discount);
    auto stats = root->create_group("stats");
    for (const auto modality : first.layout.modalities()) {
        const auto& channel = channels[store::index_of(modality)];
        if (channel.discrete) continue;
        auto group = stats.create_group(std::string(store::name_of(modality)));
        write_whole<float>(group, "mean", {channel.dim}, scaler.mean(modality));
        write_whole<float>(group, "scale", {channel.dim}, scaler.scale(modality));
        if (modality != Modality::act || spec.recorded.least.empty()) continue;
        write_whole<float>(group, "min", {channel.dim}, spec.recorded.least);
        write_whole<float>(group, "max", {channel.dim}, spec.recorded.most);
    }
}

void BatchFileWriter::State::create_tokens(const Layout& layout, std::int64_t steps,
                                           const window::Channels& channels) {
    auto group = root->create_group("tokens");
    for (const auto modality : layout.modalities()) {
        const auto& channel = channels[store::index_of(modality)];
        const std::string name(store::name_of(modality));
        auto& column = tokens.emplace_back();
        column.modality = modality;
        if (channel.discrete) {
            column.classes.emplace(group, name, Shape{spec.samples, steps});
            column.classes->dataset().set_attribute("kind", "discrete");
            column.classes->dataset().set_attribute("count", channel.dim);
            if (channel.masked)
                action_mask.emplace(*root, "action_mask", Shape{spec.samples, steps, channel.dim});
        } else {
            column.values.emplace(group, name, Shape{spec.samples, steps, channel.dim});
            column.values->dataset().set_attribute("kind", "continuous");
        }
    }
    valid.emplace(*root, "valid", Shape{spec.samples, steps});
    episode.emplace(*root, "episode", Shape{spec.samples});
    start.emplace(*root, "start", Shape{spec.samples});
}

void BatchFileWriter::State::create_objective(std::size_t number, const Objective& objective,
                                              const window::Channels& channels) {
    auto group = root->group("objectives").create_group(fmt::format("{}", number));
    group.set_attribute("name", objective.name);
    group.set_attribute("spec", objective.spec);
    group.set_attribute("role", objective.role);
    group.set_attribute("weight", objective.weight);
    group.set_attribute("target", std::string(name_of(objective.target)));
    group.set_attribute("aim", std::string(name_of(objective.aim)));
    group.set_attribute("hidden_asked", objective.mean_hidden_asked());
    for (const auto modality : objective.layout.modalities())
        group.set_attribute(member("hidden_asked", modality),
                            objective.hidden_asked[store::index_of(modality)]);
    const std::int64_t n = objective.tokens();
    write_whole<std::uint8_t>(group, "attend", {n, n}, objective.attend);
    auto& columns = views.emplace_back();
    for (const auto modality : objective.layout.modalities()) {
        write_readout(group, objective, modality);
        const Shape marks_shape{spec.samples, objective.steps};
        columns.push_back({modality,
                           {group, member("visible", modality), marks_shape},
                           {group, member("predict", modality), marks_shape},
                           std::nullopt,
                           std::nullopt});
        if (objective.replaces)
            columns.back().source.emplace(group, member("source", modality), marks_shape);
        if (spec.compact) continue;
        const auto dim = channels[store::index_of(modality)].dim;
        columns.back().inputs.emplace(group, member("inputs", modality),
                                      Shape{spec.samples, objective.steps, dim});
    }
}

/// Of all columns.
std::int64_t BatchFileWriter::State::bytes() const {
    const auto size = [](const auto& dataset) { return dataset ? dataset->bytes() : 0; };
    std::int64_t sum = size(action_mask) + size(valid) + size(episode) + size(start);
    for (const auto& column : tokens)
        sum += size(column.values) + size(column.classes);
    for (const auto& columns : views) {
        for (const auto& column : columns) {
            sum += column.visible.bytes() + column.predict.bytes() + size(column.inputs) +
                   size(column.source);
        }
    }
    return sum;
}

void BatchFileWriter::State::append_tokens(const Batch& batch) {
    const auto& windows = batch.windows;
    for (auto& column : tokens) {
        if (column.classes) column.classes->append(windows.classes);
        if (column.values) column.values->append(windows.values[store::index_of(column.modality)]);
    }
    if (action_mask) action_mask->append(windows.may);
    valid->append(windows.valid);
    episode->append(windows.episode);
    start->append(windows.start);
}

void BatchFileWriter::State::append_view(const Batch& batch, const MaskedView& view,
                                         std::list<MaskColumn>& columns) const {
    const auto rows = batch.windows.valid.size();
    for (auto& column : columns) {
        marks_of(batch, *view.objective, view.predict, column.modality,
                 column.predict.extend(rows));
        const auto visible = column.visible.extend(rows);
        marks_of(batch, *view.objective, view.hidden, column.modality, visible);
        // Padding is neither hidden nor visible.
        for (std::size_t r = 0; r < rows; ++r)
            visible[r] = batch.windows.valid[r] != 0 && visible[r] == 0 ? 1 : 0;
        if (column.source) append_sources(view, column);
        if (!column.inputs) continue;
        const auto dim = batch.windows.channels[store::index_of(column.modality)].dim;
        masked_inputs(batch, view, column.modality, spec.mask_value,
                      column.inputs->extend(rows * static_cast<std::size_t>(dim)));
    }
}

/// Rows of the file's tokens instead of rows of the batch.
void BatchFileWriter::State::append_sources(const MaskedView& view, MaskColumn& column) const {
    const auto& layout = view.objective->layout;
    const auto per_step = static_cast<std::size_t>(layout.per_step());
    const auto slot = static_cast<std::size_t>(layout.slot(column.modality));
    const auto sources = column.source->extend(view.source.size() / per_step);
    for (std::size_t r = 0; r < sources.size(); ++r) {
        const auto source = view.source[r * per_step + slot];
        sources[r] = source == kNoSource ? kNoSource : written * view.objective->steps + source;
    }
}

BatchFileWriter::BatchFileWriter(const std::filesystem::path& target, store::Overwrite overwrite,
                                 const BatchFileSpec& spec, const window::Channels& channels,
                                 const window::Scaler& scaler,
                                 const std::vector<Objective>& objectives,
                                 const store::History& history)
    : state_(std::make_unique<State>(target, overwrite, spec)) {
    MAST_ASSERT(!objectives.empty() && spec.samples >= 1);
    const auto& first = objectives.front();
    store::begin_header(state_->file, store::kBatches, history);
    state_->describe(first, channels, scaler);
    state_->create_tokens(first.layout, first.steps, channels);
    state_->root->create_group("objectives");
    for (std::size_t i = 0; i < objectives.size(); ++i) {
        MAST_ASSERT(objectives[i].layout == first.layout && objectives[i].steps == first.steps);
        state_->create_objective(i, objectives[i], channels);
    }
    state_->output.reserve(state_->bytes());
}

BatchFileWriter::~BatchFileWriter() = default;

void BatchFileWriter::append(const Batch& batch) {
    MAST_ASSERT(batch.views.size() == state_->views.size());
    state_->append_tokens(batch);
    for (std::size_t i = 0; i < batch.views.size(); ++i)
        state_->append_view(batch, batch.views[i], state_->views[i]);
    state_->written += batch.windows.batch;
    state_->write_back.written(state_->bytes() / state_->spec.samples * batch.windows.batch);
}

void BatchFileWriter::finish() {
    auto& state = *state_;
    for (auto& column : state.tokens) {
        if (column.classes) column.classes->close();
        if (column.values) column.values->close();
    }
    if (state.action_mask) state.action_mask->close();
    state.valid->close();
    state.episode->close();
    state.start->close();
    for (auto& columns : state.views) {
        for (auto& column : columns) {
            column.visible.close();
            column.predict.close();
            if (column.inputs) column.inputs->close();
            if (column.source) column.source->close();
        }
    }
    state.root.reset();
    store::complete_header(state.file);
    state.file.close();
    state.output.commit();
}

}  // namespace mast::mask
