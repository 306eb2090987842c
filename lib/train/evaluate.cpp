#include "train/evaluate.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <map>
#include <type_traits>
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

/// Sums of one objective, of one batch or of several.
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

/// What each process found on a batch of its own, by rank: sums as they are, to the bit.
std::vector<std::vector<Sums>> gather(Processes& processes, const std::vector<Sums>& own) {
    static_assert(std::is_trivially_copyable_v<Sums>);
    std::vector<std::vector<Sums>> all;
    const auto* bytes = reinterpret_cast<const char*>(own.data());
    for (const auto& text : processes.gather({bytes, own.size() * sizeof(Sums)})) {
        auto& sums = all.emplace_back(text.size() / sizeof(Sums));
        std::memcpy(sums.data(), text.data(), text.size());
    }
    return all;
}

}  // namespace

struct Evaluation::State {
    State(model::Transformer& of, const store::TrajectoryReader& store,
          const std::vector<mask::Objective>& asked, const window::Scaler& scaler,
          const EvaluateOptions& how)
        : model(of),
          objectives(asked),
          options(how),
          loader(store, how.split, asked.front().steps, asked.front().layout.modalities(), how.seed,
                 {scaler}),
          baselines(fit_baselines(store, asked, scaler)),
          chosen(cover(loader.index())),
          views(with_ablations(asked)) {}

    std::int64_t windows() const { return static_cast<std::int64_t>(chosen.size()); }
    std::int64_t batches() const { return (windows() + kBatch - 1) / kBatch; }
    void load(std::int64_t number);
    /// Of one batch, by objective. Depends on nothing that was asked before.
    std::vector<Sums> sums_of(std::int64_t number);

    model::Transformer& model;
    const std::vector<mask::Objective>& objectives;
    EvaluateOptions options;
    window::Loader loader;
    BaselineMap baselines;
    std::vector<std::int64_t> chosen;  ///< windows, by number
    Views views;
    mask::Batch batch;
};

void Evaluation::State::load(std::int64_t number) {
    const auto first = number * kBatch;
    const auto count = std::min(kBatch, windows() - first);
    loader.load_chosen(
        std::span(chosen).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)),
        batch.windows);
    mask::mask_windows(views.all, {options.seed, static_cast<std::uint64_t>(first), 1.0}, batch);
}

std::vector<Sums> Evaluation::State::sums_of(std::int64_t number) {
    load(number);
    std::vector<Sums> sums(objectives.size());
    for (std::size_t a = 0; a < views.of.size(); ++a)
        sums[views.of[a]].without_row += model.loss(batch, objectives.size() + a);
    for (std::size_t i = 0; i < objectives.size(); ++i) {
        sums[i].model = model.loss(batch, i);
        for (const auto& [modality, baseline] : baselines) {
            sums[i].baselines[store::index_of(modality)] = baseline.score(
                batch.windows, objectives[i], batch.views[i].predict, batch.views[i].hidden);
        }
    }
    return sums;
}

Evaluation::Evaluation(model::Transformer& model, const store::TrajectoryReader& store,
                       const std::vector<mask::Objective>& objectives, const window::Scaler& scaler,
                       const EvaluateOptions& options) {
    expect_fit(store, model.config(), options.components);
    state_ = std::make_unique<State>(model, store, objectives, scaler, options);
}

Evaluation::~Evaluation() = default;

std::vector<Score> Evaluation::scores(Processes& processes) {
    const auto batches = state_->batches();
    const auto windows = state_->windows();
    std::vector<Sums> total(state_->objectives.size());
    // However many processes share the batches, their sums are added up in the order of batches.
    for (std::int64_t first = 0; first < batches; first += processes.count()) {
        const auto own = first + processes.rank();
        const auto found = own < batches ? state_->sums_of(own) : std::vector<Sums>();
        for (const auto& sums : gather(processes, found)) {
            for (std::size_t i = 0; i < sums.size(); ++i)
                total[i] += sums[i];
        }
        const auto done = std::min(windows, (first + processes.count()) * kBatch);
        if (state_->options.progress) state_->options.progress(done, windows);
    }
    return scores_of(state_->objectives, total);
}

std::vector<Score> evaluate(model::Transformer& model, const store::TrajectoryReader& store,
                            const std::vector<mask::Objective>& objectives,
                            const window::Scaler& scaler, const EvaluateOptions& options) {
    return Evaluation(model, store, objectives, scaler, options).scores(alone());
}

}  // namespace mast::train
