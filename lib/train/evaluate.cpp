#include "train/evaluate.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <span>
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

/// Whether some objective asks for values of this modality: of the others no baseline is shown.
bool asks_for(const std::vector<mask::Objective>& objectives, Modality modality) {
    return std::any_of(objectives.begin(), objectives.end(), [&](const auto& objective) {
        if (objective.aim != mask::Aim::value) return false;
        for (std::int64_t t = 0; t < objective.steps; ++t) {
            const auto token = static_cast<std::size_t>(objective.layout.token(t, modality));
            if (objective.readout[token] != mask::kNoReadout) return true;
        }
        return false;
    });
}

BaselineMap fit_baselines(const store::TrajectoryReader& store,
                          const std::vector<mask::Objective>& objectives,
                          const window::Scaler& scaler, const std::function<void()>& between) {
    const auto& layout = objectives.front().layout;
    const auto steps = objectives.front().steps;
    window::Loader loader(store, store::Split::train, steps, layout.modalities(), 0, {scaler});
    BaselineMap baselines;
    for (const auto modality : layout.modalities()) {
        if (!asks_for(objectives, modality)) continue;
        baselines.emplace(modality, Baselines(loader.channels(), modality, between));
    }
    const auto enough = (kEnoughRows + steps - 1) / steps;
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

/// Of the windows that are scored, once the store fits the model.
window::Loader loader_of(const model::ModelConfig& config, const store::TrajectoryReader& store,
                         const std::vector<mask::Objective>& objectives,
                         const window::Scaler& scaler, const EvaluateOptions& options) {
    expect_fit(store, config, options.components);
    const auto& first = objectives.front();
    return {store, options.split, first.steps, first.layout.modalities(), options.seed, {scaler}};
}

/// Sums of one objective over targets of all modalities.
struct Sums {
    model::LossSums model;
    model::LossSums without_row;
    std::array<BaselineSums, store::kModalities.size()> baselines;

    Sums& operator+=(const Sums& other) {
        model += other.model;
        without_row += other.without_row;
        for (std::size_t m = 0; m < baselines.size(); ++m) {
            baselines[m].mean += other.baselines[m].mean;
            baselines[m].last += other.baselines[m].last;
            baselines[m].linear += other.baselines[m].linear;
        }
        return *this;
    }
};

/// Sums as numbers that processes exchange; counts below 2^53 are exact.
constexpr std::size_t kNumbers = store::kModalities.size() * 7;
using Numbers = std::span<double, kNumbers>;

void write(const Sums& sums, Numbers to) {
    std::size_t at = 0;
    for (std::size_t m = 0; m < store::kModalities.size(); ++m) {
        const auto& baseline = sums.baselines[m];
        for (const double number :
             {sums.model.sum[m], static_cast<double>(sums.model.count[m]), sums.without_row.sum[m],
              static_cast<double>(sums.without_row.count[m]), baseline.mean, baseline.last,
              baseline.linear})
            to[at++] = number;
    }
}

Sums read(Numbers from) {
    Sums sums;
    std::size_t at = 0;
    for (std::size_t m = 0; m < store::kModalities.size(); ++m) {
        sums.model.sum[m] = from[at++];
        sums.model.count[m] = static_cast<std::int64_t>(from[at++]);
        sums.without_row.sum[m] = from[at++];
        sums.without_row.count[m] = static_cast<std::int64_t>(from[at++]);
        auto& baseline = sums.baselines[m];
        baseline = {from[at], from[at + 1], from[at + 2]};
        at += 3;
    }
    return sums;
}

/// What batches sum up to, each by itself until all are there: then they are added in their order,
/// whichever process computed them.
class BatchSums {
  public:
    BatchSums(std::int64_t batches, std::size_t objectives)
        : objectives_(objectives),
          numbers_(static_cast<std::size_t>(batches) * objectives * kNumbers) {}

    void set(std::int64_t batch, std::size_t objective, const Sums& sums) {
        write(sums, at(batch, objective));
    }
    std::vector<Sums> total(Processes& processes) {
        processes.sum(numbers_);
        std::vector<Sums> sums(objectives_);
        const auto batches = static_cast<std::int64_t>(numbers_.size() / (objectives_ * kNumbers));
        for (std::int64_t batch = 0; batch < batches; ++batch) {
            for (std::size_t i = 0; i < objectives_; ++i)
                sums[i] += read(at(batch, i));
        }
        return sums;
    }

  private:
    Numbers at(std::int64_t batch, std::size_t objective) {
        const auto place = static_cast<std::size_t>(batch) * objectives_ + objective;
        return std::span(numbers_).subspan(place * kNumbers).first<kNumbers>();
    }

    std::size_t objectives_;
    std::vector<double> numbers_;
};

std::optional<double> mean_of(const model::LossSums& sums, std::size_t modality) {
    if (sums.count[modality] == 0) return std::nullopt;
    return sums.sum[modality] / static_cast<double>(sums.count[modality]);
}

/// The objectives and behind them the ablations of some; `of` says whose each ablation is.
struct Views {
    std::vector<mask::Objective> all;
    std::vector<std::size_t> of;

    std::size_t objectives() const { return all.size() - of.size(); }
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

/// Of objective i on a batch that all views were made of.
Sums sums_of(model::Transformer& model, const mask::Batch& batch, const Views& views, std::size_t i,
             const BaselineMap& baselines) {
    Sums sums;
    for (std::size_t a = 0; a < views.of.size(); ++a) {
        if (views.of[a] == i) sums.without_row = model.loss(batch, views.objectives() + a);
    }
    sums.model = model.loss(batch, i);
    const auto& view = batch.views[i];
    for (const auto& [modality, baseline] : baselines) {
        sums.baselines[store::index_of(modality)] =
            baseline.score(batch.windows, views.all[i], view.predict, view.hidden);
    }
    return sums;
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

void expect_evaluable(const model::ModelConfig& config, const store::TrajectoryReader& store,
                      const std::vector<mask::Objective>& objectives, const window::Scaler& scaler,
                      const EvaluateOptions& options) {
    loader_of(config, store, objectives, scaler, options);
}

std::vector<Score> evaluate(model::Transformer& model, const store::TrajectoryReader& store,
                            const std::vector<mask::Objective>& objectives,
                            const window::Scaler& scaler, const EvaluateOptions& options) {
    auto loader = loader_of(model.config(), store, objectives, scaler, options);
    const auto baselines = fit_baselines(store, objectives, scaler, options.between);
    const auto chosen = cover(loader.index());
    const auto total = static_cast<std::int64_t>(chosen.size());
    const auto views = with_ablations(objectives);
    auto& processes = options.processes;
    const auto batches = (total + kBatch - 1) / kBatch;
    BatchSums sums(batches, objectives.size());
    mask::Batch batch;
    for (std::int64_t number = processes.rank(); number < batches; number += processes.count()) {
        const auto first = number * kBatch;
        const auto count = std::min(kBatch, total - first);
        loader.load_chosen(std::span(chosen).subspan(static_cast<std::size_t>(first),
                                                     static_cast<std::size_t>(count)),
                           batch.windows);
        mask::mask_windows(views.all, {options.seed, static_cast<std::uint64_t>(first), 1.0},
                           batch);
        for (std::size_t i = 0; i < objectives.size(); ++i)
            sums.set(number, i, sums_of(model, batch, views, i, baselines));
        if (options.progress) options.progress(first + count, total);
    }
    return scores_of(objectives, sums.total(processes));
}

}  // namespace mast::train
