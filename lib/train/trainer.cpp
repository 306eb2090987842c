#include "train/trainer.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <span>
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

Trainer::Trainer(model::Transformer& model, BatchSource& source, const TrainOptions& options,
                 Processes& processes)
    : model_(model),
      source_(source),
      options_(options),
      optimiser_(model.table(), options.adamw),
      processes_(processes),
      exchange_(model, processes, options.exchange) {
    const auto& objectives = source.objectives();
    MAST_ASSERT(options.accumulate >= 1);
    MAST_ASSERT(options.weights.empty() || options.weights.size() == objectives.size());
    check_parts(options.accumulate, source.batch_size(), objectives, processes);
    parts_ = parts_of(options.accumulate, source.batch_size(), needs_whole_batches(objectives),
                      processes);
    batches_.resize(parts_.size());
    progress_.trends.resize(objectives.size());
    progress_.tallies.resize(objectives.size());
    idle_.resize(objectives.size());
}

void Trainer::go_on_from(Progress progress, std::optional<Best> best) {
    MAST_ASSERT(progress.trends.size() == progress_.trends.size());
    MAST_ASSERT(progress.tallies.size() == progress_.tallies.size());
    progress_ = std::move(progress);
    best_ = std::move(best);
}

void Trainer::keep_if_best(const std::vector<double>& losses) {
    const auto& objectives = source_.objectives();
    MAST_ASSERT(losses.size() == objectives.size());
    double loss = 0;
    for (std::size_t i = 0; i < losses.size(); ++i)
        loss += objectives[i].weight * losses[i];
    // Of equals the first stays; what is no number is less than nothing.
    if (!std::isfinite(loss) || (best_ && best_->loss <= loss)) return;
    const auto values = std::as_const(model_).values();
    best_ = Best{progress_.steps, loss, {values.begin(), values.end()}};
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
    const auto number = (step - 1) * options_.accumulate;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        const auto& part = parts_[i];
        source_.load_part(number + part.batch, part.first, part.count, batches_[i]);
    }
}

/// Of a step of an objective, all processes.
void Trainer::refuse_idle(std::size_t view, const model::TargetCounts& targets,
                          std::int64_t windows) {
    constexpr std::int64_t kAsked = -1;
    if (idle_[view] == kAsked) return;
    const bool asks = std::ranges::any_of(targets, [](auto count) { return count > 0; });
    idle_[view] = asks ? kAsked : idle_[view] + windows;
    if (idle_[view] < kMostIdle) return;
    fail<DataError>(
        "objective \"{}\": predicts nothing in any of {} windows, expected targets (episodes that "
        "are long enough for it, or another objective)",
        source_.objectives()[view].name, idle_[view]);
}

std::vector<model::TargetCounts> Trainer::count_targets(std::int64_t step) {
    const auto views = progress_.tallies.size();
    std::vector<mask::Tally> tallies(views);
    std::vector<model::TargetCounts> targets(views);
    std::vector<std::int64_t> counts;
    for (std::size_t view = 0; view < views; ++view) {
        for (const auto& batch : batches_) {
            if (weight_of(view, step) == 0) continue;
            tallies[view].add(batch, batch.views[view]);
            const auto of_batch = model::count_targets(model_.config(), batch, view);
            for (std::size_t m = 0; m < of_batch.size(); ++m)
                targets[view][m] += of_batch[m];
        }
        std::ranges::copy(targets[view], std::back_inserter(counts));
        std::ranges::copy(tallies[view].counts(), std::back_inserter(counts));
    }
    processes_.sum(counts);
    std::span<const std::int64_t> rest = counts;
    for (std::size_t view = 0; view < views; ++view) {
        std::copy_n(rest.begin(), targets[view].size(), targets[view].begin());
        rest = rest.subspan(targets[view].size());
        auto& tally = progress_.tallies[view];
        const auto seen = tally.samples;
        if (weight_of(view, step) != 0) tally.hides = tallies[view].hides;
        tally.add(rest.first<mask::Tally::kCounts>());
        refuse_idle(view, targets[view], tally.samples - seen);
        rest = rest.subspan(mask::Tally::kCounts);
    }
    return targets;
}

model::LossSums Trainer::add_gradient(std::size_t view, double weight,
                                      const model::TargetCounts& targets,
                                      const model::BlockDone& block_done) {
    model::LossSums sums;
    compute::DropoutKey dropout;
    dropout.rate = options_.dropout;
    dropout.seed = options_.seed;
    dropout.step = static_cast<std::uint64_t>(progress_.steps) + 1;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        const auto& batch = batches_[i];
        const auto first = parts_[i].batch * source_.batch_size() + parts_[i].first;
        dropout.sample = static_cast<std::uint32_t>(first);
        model_.use_domain(batch.domain);
        sums += model_.accumulate_gradient(batch, view, weight, targets, dropout,
                                           i + 1 == parts_.size() ? block_done : nullptr);
    }
    return sums;
}

/// Until one is not finite.
void Trainer::take_losses(std::vector<model::LossSums>& sums, StepReport& report) {
    std::vector<double> flat;
    for (const auto& of_view : sums)
        std::ranges::copy(of_view.sum, std::back_inserter(flat));
    processes_.sum(flat);
    const auto& objectives = source_.objectives();
    for (std::size_t view = 0; view < sums.size(); ++view) {
        const auto weight = weight_of(view, report.step);
        if (weight == 0) continue;
        std::copy_n(flat.data() + view * sums[view].sum.size(), sums[view].sum.size(),
                    sums[view].sum.begin());
        const auto loss = sums[view].loss();
        report.losses[view] = loss;
        report.loss += weight * loss;
        if (std::isfinite(loss)) continue;
        report.not_finite =
            fmt::format("loss of {} is {}, expected a finite number", objectives[view].name, loss);
        return;
    }
}

void Trainer::add_gradients(StepReport& report) {
    model_.zero_gradients();
    const auto views = source_.objectives().size();
    const auto targets = count_targets(report.step);
    std::size_t last = 0;  // view that is computed
    for (std::size_t view = 0; view < views; ++view)
        last = weight_of(view, report.step) != 0 ? view : last;
    model::BlockDone block_done;  // one process has nobody to send a block to
    if (processes_.count() > 1)
        block_done = [&](std::int64_t layer) { exchange_.block_done(layer); };
    std::vector<model::LossSums> sums(views);
    for (std::size_t view = 0; view < views; ++view) {
        const auto weight = weight_of(view, report.step);
        if (weight == 0) continue;
        sums[view] = add_gradient(view, weight, targets[view],
                                  view == last ? block_done : model::BlockDone());
        sums[view].count = targets[view];
        progress_.tokens +=
            options_.accumulate * source_.batch_size() * source_.objectives()[view].tokens();
    }
    model_.gradients();  // complete, also where no view has weight
    exchange_.finish();
    report.losses.assign(views, kNoNumber);
    take_losses(sums, report);
    if (!report.not_finite.empty()) return;
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
                                std::int64_t batches, Processes& processes) {
    const auto views = source.objectives().size();
    std::vector<model::LossSums> sums(views);
    mask::Batch batch;
    const auto whole = needs_whole_batches(source.objectives());
    for (const auto& part : parts_of(batches, source.batch_size(), whole, processes)) {
        source.load_part(part.batch, part.first, part.count, batch);
        model.use_domain(batch.domain);
        for (std::size_t view = 0; view < views; ++view)
            sums[view] += model.loss(batch, view);
    }
    std::vector<double> losses;
    for (auto& of_view : sums) {
        processes.sum(of_view.sum);
        processes.sum(of_view.count);
        const bool any = std::ranges::any_of(of_view.count, [](auto count) { return count > 0; });
        losses.push_back(any ? of_view.loss() : kNoNumber);
    }
    return losses;
}

}  // namespace mast::train
