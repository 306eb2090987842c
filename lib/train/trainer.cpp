#include "train/trainer.h"

#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/error.h"
#include "compute/profile.h"
#include "model/average.h"
#include "train/clip.h"

namespace mast::train {

namespace {

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

}  // namespace

Trainer::Trainer(model::Transformer& model, BatchSource& source, const TrainOptions& options)
    : model_(model),
      source_(source),
      options_(options),
      optimiser_(model.table(), options.adamw),
      batches_(static_cast<std::size_t>(options.accumulate)) {
    const auto count = source.objectives().size();
    MAST_ASSERT(options.accumulate >= 1);
    MAST_ASSERT(options.weights.empty() || options.weights.size() == count);
    progress_.trends.resize(count);
    progress_.tallies.resize(count);
}

void Trainer::go_on_from(Progress progress) {
    MAST_ASSERT(progress.trends.size() == progress_.trends.size());
    MAST_ASSERT(progress.tallies.size() == progress_.tallies.size());
    progress_ = std::move(progress);
}

double Trainer::weight_of(std::size_t view, std::int64_t step) const {
    const auto own = source_.objectives()[view].weight;
    return options_.weights.empty() ? own : options_.weights[view].at(step, own);
}

std::vector<mask::Tally> Trainer::take_tallies() {
    std::vector<mask::Tally> taken(progress_.tallies.size());
    std::swap(taken, progress_.tallies);
    return taken;
}

void Trainer::load(std::int64_t step) {
    auto number = (step - 1) * options_.accumulate;
    for (auto& batch : batches_)
        source_.load(number++, batch);
}

model::LossSums Trainer::add_gradient(std::size_t view, double weight) {
    model::TargetCounts targets{};
    for (const auto& batch : batches_) {
        const auto counts = model::count_targets(model_.config(), batch, view);
        for (std::size_t m = 0; m < targets.size(); ++m)
            targets[m] += counts[m];
    }
    model::LossSums sums;
    compute::DropoutKey dropout;
    dropout.rate = options_.dropout;
    dropout.seed = options_.seed;
    dropout.step = static_cast<std::uint64_t>(progress_.steps) + 1;
    for (const auto& batch : batches_) {
        progress_.tallies[view].add(batch, batch.views[view]);
        model_.use_domain(batch.domain);
        sums += model_.accumulate_gradient(batch, view, weight, targets, dropout);
        dropout.sample += static_cast<std::uint32_t>(batch.windows.batch);
        progress_.tokens += batch.windows.batch * source_.objectives()[view].tokens();
    }
    return sums;
}

void Trainer::add_gradients(StepReport& report) {
    model_.zero_gradients();
    const auto& objectives = source_.objectives();
    report.losses.assign(objectives.size(), kNoNumber);
    for (std::size_t view = 0; view < objectives.size(); ++view) {
        const auto weight = weight_of(view, report.step);
        if (weight == 0) continue;
        const auto loss = add_gradient(view, weight).loss();
        report.losses[view] = loss;
        report.loss += weight * loss;
        if (std::isfinite(loss)) continue;
        report.not_finite =
            fmt::format("loss of {} is {}, expected a finite number", objectives[view].name, loss);
        return;
    }
    const compute::OpTimer timer(compute::Op::update);
    report.gradient_norm = gradient_norm(model_.gradients());
    if (!std::isfinite(report.gradient_norm)) {
        report.not_finite =
            fmt::format("gradient has norm {}, expected a finite number", report.gradient_norm);
    }
}

void Trainer::update(StepReport& report) {
    const compute::OpTimer timer(compute::Op::update);
    optimiser_.step(model_.values(), model_.gradients(), report.rate,
                    clip_factor(report.gradient_norm, options_.clip));
    model::move_average(model_.table(), model_.values(), model::kAverageRate);
}

void Trainer::note_spikes(StepReport& report) {
    for (std::size_t view = 0; view < report.losses.size(); ++view) {
        const auto loss = report.losses[view];
        if (std::isnan(loss)) continue;
        auto& trend = progress_.trends[view];
        if (loss > trend.bound()) {
            report.spikes.push_back({view, loss, trend.bound()});
            ++progress_.spikes;
        }
        trend.add(loss);
    }
}

void Trainer::skip(const StepReport& report) {
    ++progress_.skipped;
    if (++progress_.skipped_in_row < kMostSkippedInRow) return;
    fail<DivergedError>(
        "step {}: {} ({} steps in a row were not finite: lower --learning-rate or --clip)",
        report.step, report.not_finite, kMostSkippedInRow);
}

StepReport Trainer::step() {
    StepReport report;
    report.step = progress_.steps + 1;
    report.rate = options_.schedule.at(report.step);
    report.gradient_norm = kNoNumber;
    load(report.step);
    add_gradients(report);
    ++progress_.steps;
    report.tokens = progress_.tokens;
    if (!report.not_finite.empty()) {
        skip(report);
        return report;
    }
    progress_.skipped_in_row = 0;
    note_spikes(report);
    update(report);
    return report;
}

std::vector<double> mean_losses(model::Transformer& model, BatchSource& source,
                                std::int64_t batches) {
    std::vector<model::LossSums> sums(source.objectives().size());
    mask::Batch batch;
    for (std::int64_t b = 0; b < batches; ++b) {
        source.load(b, batch);
        model.use_domain(batch.domain);
        for (std::size_t view = 0; view < sums.size(); ++view) {
            sums[view] += model.loss(batch, view);
        }
    }
    std::vector<double> losses;
    for (const auto& sum : sums)
        losses.push_back(sum.loss());
    return losses;
}

}  // namespace mast::train
