#include "apply/infill.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "window/cover.h"

namespace mast::apply {

namespace {

constexpr std::int64_t kBatch = 64;

/// Sums over the targets of one modality.
struct Errors {
    std::int64_t tokens = 0;
    std::int64_t elements = 0;
    double sum = 0;
};
using ErrorsByModality = std::array<Errors, store::kModalities.size()>;

double squared_error(std::span<const float> predicted, std::span<const float> target) {
    double sum = 0;
    for (std::size_t d = 0; d < predicted.size(); ++d) {
        const double error = static_cast<double>(predicted[d]) - static_cast<double>(target[d]);
        sum += error * error;
    }
    return sum;
}

/// Nats.
double cross_entropy(std::span<const float> logits, std::int32_t target) {
    const auto top = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
    double sum = 0;
    for (const float logit : logits)
        sum += std::exp(static_cast<double>(logit) - top);
    return top + std::log(sum) - static_cast<double>(logits[static_cast<std::size_t>(target)]);
}

void add_errors(const window::Windows& windows, store::Modality modality,
                const model::ModalityPredictions& predictions, Errors& errors) {
    const auto& channel = windows.channels[store::index_of(modality)];
    const auto dim = static_cast<std::size_t>(channel.dim);
    const std::span<const float> values = windows.values[store::index_of(modality)];
    for (std::size_t i = 0; i < predictions.sample.size(); ++i) {
        const auto row =
            static_cast<std::size_t>(predictions.sample[i] * windows.steps + predictions.step[i]);
        const auto predicted = std::span(predictions.values).subspan(i * dim, dim);
        errors.sum += channel.discrete ? cross_entropy(predicted, windows.classes[row])
                                       : squared_error(predicted, values.subspan(row * dim, dim));
        errors.elements += channel.discrete ? 1 : channel.dim;
        ++errors.tokens;
    }
}

std::vector<std::int64_t> rows_of(const store::TrajectoryReader& store,
                                  const window::Windows& windows) {
    std::vector<std::int64_t> rows;
    for (std::size_t b = 0; b < windows.episode.size(); ++b) {
        const auto& episode = store.episodes()[static_cast<std::size_t>(windows.episode[b])];
        rows.push_back(episode.start + windows.start[b]);
    }
    return rows;
}

std::vector<InfillScore> scores_of(const std::vector<mask::Objective>& objectives,
                                   const std::vector<ErrorsByModality>& errors) {
    std::vector<InfillScore> scores;
    for (std::size_t i = 0; i < objectives.size(); ++i) {
        for (const auto modality : objectives[i].layout.modalities()) {
            const auto& of = errors[i][store::index_of(modality)];
            if (of.tokens == 0) continue;
            scores.push_back({objectives[i].name, modality, of.tokens,
                              of.sum / static_cast<double>(of.elements)});
        }
    }
    return scores;
}

}  // namespace

std::vector<std::int64_t> infill_windows(const window::WindowIndex& index) {
    std::vector<std::int64_t> numbers;
    for (const auto& part : window::cover(index, index.context(), 0))
        numbers.push_back(part.number);
    return numbers;
}

std::vector<InfillScore> infill(model::Transformer& model, const store::TrajectoryReader& store,
                                window::Loader& loader, const std::vector<std::int64_t>& chosen,
                                const std::vector<mask::Objective>& objectives,
                                const InfillOptions& options, InfillWriter& out) {
    const auto total = static_cast<std::int64_t>(chosen.size());
    std::vector<ErrorsByModality> errors(objectives.size());
    std::vector<model::Predictions> predictions(objectives.size());
    mask::Batch batch;
    for (std::int64_t first = 0; first < total; first += kBatch) {
        const auto count = std::min(kBatch, total - first);
        loader.load_chosen(std::span(chosen).subspan(static_cast<std::size_t>(first),
                                                     static_cast<std::size_t>(count)),
                           batch.windows);
        mask::mask_windows(objectives, {options.seed, static_cast<std::uint64_t>(first), 1.0},
                           batch);
        for (std::size_t i = 0; i < objectives.size(); ++i) {
            model.predict(batch, i, predictions[i]);
            for (const auto modality : objectives[i].layout.modalities())
                add_errors(batch.windows, modality, predictions[i][modality],
                           errors[i][store::index_of(modality)]);
        }
        out.append(batch, rows_of(store, batch.windows), predictions);
        if (options.progress) options.progress(first + count, total);
    }
    return scores_of(objectives, errors);
}

}  // namespace mast::apply
