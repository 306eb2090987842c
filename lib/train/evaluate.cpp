#include "train/evaluate.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <utility>

#include "base/error.h"
#include "mask/ablation.h"
#include "mask/batch.h"
#include "train/baselines.h"
#include "train/batch_source.h"
#include "train/fit.h"
#include "window/loader.h"

namespace mast::train {

using store::Modality;

namespace {

constexpr std::int64_t kBatch = 64;

/// Windows at multiples of T inside each episode.
std::vector<std::int64_t> cover(const window::WindowIndex& index) {
    std::vector<std::int64_t> chosen;
    for (std::int64_t i = 0; i < index.count(); ++i) {
        if (index.at(i).start % index.context() == 0) chosen.push_back(i);
    }
    return chosen;
}

using BaselineMap = std::map<Modality, Baselines>;

BaselineMap fit_baselines(const store::TrajectoryReader& store,
                          const std::vector<mask::Objective>& objectives,
                          const window::Scaler& scaler) {
    const auto& layout = objectives.front().layout;
    const auto steps = objectives.front().steps;
    window::Loader loader(store, store::Split::train, steps, layout.modalities(), 0, {scaler});
    BaselineMap baselines;
    for (const auto modality : layout.modalities()) {
        baselines.emplace(modality, Baselines(loader.channels(), modality));
    }
    const auto enough = (Baselines::kEnoughRows + steps - 1) / steps;
    const auto total = std::min(loader.count(), enough);
    window::Windows windows;
    for (std::int64_t first = 0; first < total; first += kBatch) {
        loader.load(first, std::min(kBatch, total - first), windows);
        for (auto& [modality, baseline] : baselines)
            baseline.add(windows);
    }
    for (auto& [modality, baseline] : baselines)
        baseline.solve();
    return baselines;
}

/// Running sums of one objective.
struct Sums {
    model::LossSums model;
    model::LossSums without_row;
    std::array<BaselineSums, store::kModalities.size()> baselines;
};

std::optional<double> mean_of(const model::LossSums& sums, std::size_t modality) {
    if (sums.count[modality] == 0) return std::nullopt;
    return sums.sum[modality] / static_cast<double>(sums.count[modality]);
}

/// The objectives and behind them the ablations of some; `of` says whose each ablation is.
struct Views {
    std::vector<mask::Objective> all;
    std::vector<std::size_t> of;
};

Views with_ablations(const std::vector<mask::Objective>& objectives) {
    Views views{objectives, {}};
    for (std::size_t i = 0; i < objectives.size(); ++i) {
        auto ablated = mask::without_row(objectives[i]);
        if (!ablated) continue;
        views.all.push_back(std::move(*ablated));
        views.of.push_back(i);
    }
    return views;
}

std::vector<Score> scores_of(const std::vector<mask::Objective>& objectives,
                             const std::vector<Sums>& sums) {
    std::vector<Score> scores;
    for (std::size_t i = 0; i < objectives.size(); ++i) {
        for (const auto modality : objectives[i].layout.modalities()) {
            const auto m = store::index_of(modality);
            const auto count = sums[i].model.count[m];
            if (count == 0) continue;
            const auto per = 1.0 / static_cast<double>(count);
            const auto& baseline = sums[i].baselines[m];
            // Baselines guess values; of embeddings they know nothing.
            const bool comparable = objectives[i].aim == mask::Aim::value;
            const auto guess = [&](double sum) {
                return comparable ? sum * per : std::numeric_limits<double>::quiet_NaN();
            };
            scores.push_back({objectives[i].name, modality, sums[i].model.sum[m] * per,
                              guess(baseline.mean), guess(baseline.last), guess(baseline.linear),
                              count, mean_of(sums[i].without_row, m)});
        }
    }
    return scores;
}

}  // namespace

std::vector<Score> evaluate(model::Transformer& model, const store::TrajectoryReader& store,
                            const std::vector<mask::Objective>& objectives,
                            const window::Scaler& scaler, const EvaluateOptions& options) {
    expect_fit(store, model.config(), options.components);
    const auto& layout = objectives.front().layout;
    window::Loader loader(store, options.split, objectives.front().steps, layout.modalities(),
                          options.seed, {scaler});
    const auto baselines = fit_baselines(store, objectives, scaler);
    const auto chosen = cover(loader.index());
    const auto total = static_cast<std::int64_t>(chosen.size());
    const auto views = with_ablations(objectives);
    std::vector<Sums> sums(objectives.size());
    mask::Batch batch;
    for (std::int64_t first = 0; first < total; first += kBatch) {
        const auto count = std::min(kBatch, total - first);
        loader.load_chosen(std::span(chosen).subspan(static_cast<std::size_t>(first),
                                                     static_cast<std::size_t>(count)),
                           batch.windows);
        mask::mask_windows(views.all, {options.seed, static_cast<std::uint64_t>(first), 1.0},
                           batch);
        for (std::size_t a = 0; a < views.of.size(); ++a)
            sums[views.of[a]].without_row += model.loss(batch, objectives.size() + a);
        for (std::size_t i = 0; i < objectives.size(); ++i) {
            sums[i].model += model.loss(batch, i);
            for (const auto& [modality, baseline] : baselines) {
                const auto part = baseline.score(batch.windows, objectives[i],
                                                 batch.views[i].predict, batch.views[i].hidden);
                auto& into = sums[i].baselines[store::index_of(modality)];
                into.mean += part.mean;
                into.last += part.last;
                into.linear += part.linear;
            }
        }
        if (options.progress) options.progress(first + count, total);
    }
    return scores_of(objectives, sums);
}

}  // namespace mast::train
