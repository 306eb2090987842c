#include "train/trainer.h"

#include <cmath>
#include <limits>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "compute/profile.h"
#include "model/average.h"
#include "train/clip.h"

namespace mast::train {

Trainer::Trainer(model::Transformer& model, BatchSource& source, const TrainOptions& options)
    : model_(model),
      source_(source),
      options_(options),
      optimiser_(model.table(), options.adamw),
      batches_(static_cast<std::size_t>(options.accumulate)),
      tallies_(source.objectives().size()) {
    MAST_ASSERT(options.accumulate >= 1);
    MAST_ASSERT(options.weights.empty() || options.weights.size() == tallies_.size());
}

double Trainer::weight_of(std::size_t view, std::int64_t step) const {
    const auto own = source_.objectives()[view].weight;
    return options_.weights.empty() ? own : options_.weights[view].at(step, own);
}

std::vector<mask::Tally> Trainer::take_tallies() {
    std::vector<mask::Tally> taken(tallies_.size());
    std::swap(taken, tallies_);
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
    dropout.step = static_cast<std::uint64_t>(optimiser_.steps()) + 1;
    for (const auto& batch : batches_) {
        tallies_[view].add(batch, batch.views[view]);
        sums += model_.accumulate_gradient(batch, view, weight, targets, dropout);
        dropout.sample += static_cast<std::uint32_t>(batch.windows.batch);
        tokens_ += batch.windows.batch * source_.objectives()[view].tokens();
    }
    return sums;
}

StepReport Trainer::step() {
    StepReport report;
    report.step = optimiser_.steps() + 1;
    report.rate = options_.schedule.at(report.step);
    load(report.step);
    model_.zero_gradients();
    const auto& objectives = source_.objectives();
    for (std::size_t view = 0; view < objectives.size(); ++view) {
        const auto& objective = objectives[view];
        const auto weight = weight_of(view, report.step);
        if (weight == 0) {
            report.losses.push_back(std::numeric_limits<double>::quiet_NaN());
            continue;
        }
        const auto loss = add_gradient(view, weight).loss();
        if (!std::isfinite(loss)) {
            fail<DivergedError>(
                "step {}: loss of {} is {}, expected a finite number (lower "
                "--learning-rate or --clip)",
                report.step, objective.name, loss);
        }
        report.losses.push_back(loss);
        report.loss += weight * loss;
    }
    report.tokens = tokens_;
    const compute::OpTimer timer(compute::Op::update);
    report.gradient_norm = gradient_norm(model_.gradients());
    if (!std::isfinite(report.gradient_norm)) {
        fail<DivergedError>(
            "step {}: gradient is not finite, expected numbers (lower "
            "--learning-rate or --clip)",
            report.step);
    }
    optimiser_.step(model_.values(), model_.gradients(), report.rate,
                    clip_factor(report.gradient_norm, options_.clip));
    model::move_average(model_.table(), model_.values(), model::kAverageRate);
    return report;
}

std::vector<double> mean_losses(model::Transformer& model, BatchSource& source,
                                std::int64_t batches) {
    std::vector<model::LossSums> sums(source.objectives().size());
    mask::Batch batch;
    for (std::int64_t b = 0; b < batches; ++b) {
        source.load(b, batch);
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
