#include "apply/infill_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <list>
#include <optional>
#include <string>

#include "base/assert.h"
#include "mask/inputs.h"
#include "store/hashed_dataset.h"
#include "store/header.h"

namespace mast::apply {

namespace h5 = store::h5;
using store::HashedDataset;
using store::Modality;

namespace {

std::string member(const char* name, Modality modality) {
    return fmt::format("{}_{}", name, store::name_of(modality));
}

/// One modality of one objective.
struct Column {
    Modality modality;
    HashedDataset<std::uint8_t> visible;
    std::optional<HashedDataset<std::uint8_t>> predict;
    std::optional<HashedDataset<float>> values;          ///< continuous
    std::optional<HashedDataset<std::int32_t>> classes;  ///< discrete
    std::optional<HashedDataset<float>> probability;     ///< discrete
};

bool predicts(const mask::Objective& objective, Modality modality) {
    for (std::int64_t t = 0; t < objective.steps; ++t) {
        const auto token = objective.layout.token(t, modality);
        if (objective.readout[static_cast<std::size_t>(token)] != mask::kNoReadout) return true;
    }
    return false;
}

void write_readout(h5::Group& group, const mask::Objective& objective, Modality modality) {
    std::vector<std::int64_t> rows;
    for (std::int64_t t = 0; t < objective.steps; ++t) {
        rows.push_back(
            objective.readout[static_cast<std::size_t>(objective.layout.token(t, modality))]);
    }
    store::write_whole<std::int64_t>(group, member("readout", modality), {objective.steps}, rows);
}

/// Logits (K) in place to probabilities; returns the likeliest class.
std::int32_t to_probabilities(std::span<float> logits) {
    const auto most = std::max_element(logits.begin(), logits.end());
    const float top = *most;
    float sum = 0;
    for (float& value : logits) {
        value = std::exp(value - top);
        sum += value;
    }
    for (float& value : logits)
        value /= sum;
    return static_cast<std::int32_t>(most - logits.begin());
}

}  // namespace

struct InfillWriter::State {
    State(const std::filesystem::path& target, store::Overwrite overwrite, std::int64_t samples_in,
          const window::Channels& channels_in, const window::Scaler& scaler_in)
        : samples(samples_in),
          channels(channels_in),
          scaler(scaler_in),
          output(target, overwrite),
          file(h5::File::create(output.temp_path(), output.target())),
          root(file.root()) {}

    void create_objective(std::size_t number, const mask::Objective& objective);
    Column make_column(h5::Group& group, const mask::Objective& objective, Modality modality) const;
    std::int64_t bytes() const;
    void append_column(const mask::Batch& batch, const mask::MaskedView& view,
                       const model::ModalityPredictions& predictions, Column& column) const;
    void append_values(std::int64_t steps, const model::ModalityPredictions& predictions,
                       std::size_t rows, Column& column) const;
    void append_classes(std::int64_t steps, const model::ModalityPredictions& predictions,
                        std::size_t rows, Column& column) const;

    std::int64_t samples;
    window::Channels channels;
    window::Scaler scaler;
    store::OutputFile output;
    h5::File file;
    std::optional<h5::Group> root;  ///< HDF5 closes a file only when nothing in it is open
    std::vector<std::list<Column>> objectives;
    std::optional<HashedDataset<std::uint8_t>> valid;
    std::optional<HashedDataset<std::int64_t>> episode;
    std::optional<HashedDataset<std::int64_t>> start;
    std::optional<HashedDataset<std::int64_t>> row;
};

Column InfillWriter::State::make_column(h5::Group& group, const mask::Objective& objective,
                                        Modality modality) const {
    const auto& channel = channels[store::index_of(modality)];
    const Shape marks{samples, objective.steps};
    const Shape wide{samples, objective.steps, channel.dim};
    Column column{modality, {group, member("visible", modality), marks}, {}, {}, {}, {}};
    if (!predicts(objective, modality)) return column;
    column.predict.emplace(group, member("predict", modality), marks);
    if (!channel.discrete) {
        column.values.emplace(group, member("predicted", modality), wide);
    } else {
        column.classes.emplace(group, member("predicted", modality), marks);
        column.probability.emplace(group, member("probability", modality), wide);
    }
    return column;
}

void InfillWriter::State::create_objective(std::size_t number, const mask::Objective& objective) {
    MAST_ASSERT(objective.aim == mask::Aim::value);
    auto group = root->group("objectives").create_group(fmt::format("{}", number));
    group.set_attribute("name", objective.name);
    group.set_attribute("spec", objective.spec);
    group.set_attribute("role", objective.role);
    const auto n = objective.tokens();
    store::write_whole<std::uint8_t>(group, "attend", {n, n}, objective.attend);
    auto& columns = objectives.emplace_back();
    for (const auto modality : objective.layout.modalities()) {
        write_readout(group, objective, modality);
        columns.push_back(make_column(group, objective, modality));
    }
}

/// Of all columns.
std::int64_t InfillWriter::State::bytes() const {
    const auto size = [](const auto& dataset) { return dataset ? dataset->bytes() : 0; };
    std::int64_t sum = size(valid) + size(episode) + size(start) + size(row);
    for (const auto& columns : objectives) {
        for (const auto& column : columns) {
            sum += column.visible.bytes() + size(column.predict) + size(column.values) +
                   size(column.classes) + size(column.probability);
        }
    }
    return sum;
}

void InfillWriter::State::append_values(std::int64_t steps,
                                        const model::ModalityPredictions& predictions,
                                        std::size_t rows, Column& column) const {
    const auto dim = static_cast<std::size_t>(channels[store::index_of(column.modality)].dim);
    const auto out = column.values->extend(rows * dim);
    std::fill(out.begin(), out.end(), std::numeric_limits<float>::quiet_NaN());
    for (std::size_t i = 0; i < predictions.sample.size(); ++i) {
        const auto at =
            static_cast<std::size_t>(predictions.sample[i] * steps + predictions.step[i]) * dim;
        std::copy_n(predictions.values.begin() + static_cast<std::ptrdiff_t>(i * dim), dim,
                    out.begin() + static_cast<std::ptrdiff_t>(at));
    }
    scaler.restore(column.modality, out);
}

void InfillWriter::State::append_classes(std::int64_t steps,
                                         const model::ModalityPredictions& predictions,
                                         std::size_t rows, Column& column) const {
    const auto count = static_cast<std::size_t>(channels[store::index_of(column.modality)].dim);
    const auto classes = column.classes->extend(rows);
    std::fill(classes.begin(), classes.end(), -1);
    const auto probability = column.probability->extend(rows * count);
    std::fill(probability.begin(), probability.end(), std::numeric_limits<float>::quiet_NaN());
    for (std::size_t i = 0; i < predictions.sample.size(); ++i) {
        const auto at =
            static_cast<std::size_t>(predictions.sample[i] * steps + predictions.step[i]);
        const auto to = probability.subspan(at * count, count);
        std::copy_n(predictions.values.begin() + static_cast<std::ptrdiff_t>(i * count), count,
                    to.begin());
        classes[at] = to_probabilities(to);
    }
}

void InfillWriter::State::append_column(const mask::Batch& batch, const mask::MaskedView& view,
                                        const model::ModalityPredictions& predictions,
                                        Column& column) const {
    const auto& windows = batch.windows;
    const auto rows = windows.valid.size();
    const auto visible = column.visible.extend(rows);
    mask::marks_of(batch, *view.objective, view.hidden, column.modality, visible);
    // Padding is neither hidden nor visible.
    for (std::size_t r = 0; r < rows; ++r)
        visible[r] = windows.valid[r] != 0 && visible[r] == 0 ? 1 : 0;
    if (!column.predict) return;
    mask::marks_of(batch, *view.objective, view.predict, column.modality,
                   column.predict->extend(rows));
    if (column.values) append_values(windows.steps, predictions, rows, column);
    if (column.classes) append_classes(windows.steps, predictions, rows, column);
}

InfillWriter::InfillWriter(const std::filesystem::path& target, store::Overwrite overwrite,
                           std::int64_t samples, const window::Channels& channels,
                           const window::Scaler& scaler,
                           const std::vector<mask::Objective>& objectives,
                           const store::History& history)
    : state_(std::make_unique<State>(target, overwrite, samples, channels, scaler)) {
    MAST_ASSERT(!objectives.empty() && samples >= 1);
    auto& state = *state_;
    const auto& first = objectives.front();
    store::begin_header(state.file, store::kInfill, history);
    state.root->set_attribute("layout", first.layout.text());
    state.root->set_attribute("context", first.steps);
    state.valid.emplace(*state.root, "valid", Shape{samples, first.steps});
    state.episode.emplace(*state.root, "episode", Shape{samples});
    state.start.emplace(*state.root, "start", Shape{samples});
    state.row.emplace(*state.root, "row", Shape{samples});
    state.root->create_group("objectives");
    for (std::size_t i = 0; i < objectives.size(); ++i)
        state.create_objective(i, objectives[i]);
    state.output.reserve(state.bytes());
}

InfillWriter::~InfillWriter() = default;

void InfillWriter::append(const mask::Batch& batch, std::span<const std::int64_t> rows,
                          std::span<const model::Predictions> predictions) {
    auto& state = *state_;
    MAST_ASSERT(batch.views.size() == state.objectives.size() &&
                predictions.size() == state.objectives.size());
    state.valid->append(batch.windows.valid);
    state.episode->append(batch.windows.episode);
    state.start->append(batch.windows.start);
    state.row->append(rows);
    for (std::size_t i = 0; i < batch.views.size(); ++i) {
        for (auto& column : state.objectives[i])
            state.append_column(batch, batch.views[i], predictions[i][column.modality], column);
    }
}

void InfillWriter::finish() {
    auto& state = *state_;
    const auto close = [](auto& dataset) {
        if (dataset) dataset->close();
    };
    close(state.valid);
    close(state.episode);
    close(state.start);
    close(state.row);
    for (auto& columns : state.objectives) {
        for (auto& column : columns) {
            column.visible.close();
            close(column.predict);
            close(column.values);
            close(column.classes);
            close(column.probability);
        }
    }
    state.root.reset();
    store::complete_header(state.file);
    state.file.close();
    state.output.commit();
}

}  // namespace mast::apply
