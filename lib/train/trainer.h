// One training step: batches, losses, gradients, clipping, update.
#pragma once

#include <cstdint>
#include <vector>

#include "mask/batch.h"
#include "mask/tally.h"
#include "model/transformer.h"
#include "train/adamw.h"
#include "train/batch_source.h"
#include "train/schedule.h"
#include "train/weight_schedule.h"

namespace mast::train {

struct TrainOptions {
    Schedule schedule;
    AdamWOptions adamw;
    double clip = 1.0;  ///< largest gradient norm; 0: none
    /// One for each objective, or none at all; an objective of weight 0 is not computed.
    std::vector<WeightSchedule> weights;
    /// Batches of a step, taken as one batch of all their windows: losses and gradients have the
    /// denominators of all. What is drawn from other samples of a batch (the candidates of a
    /// contrast, the tokens that bert puts in) still comes from one of them.
    std::int64_t accumulate = 1;
    double dropout = 0;      ///< probability of dropping; 0: none
    std::uint64_t seed = 0;  ///< of dropout's masks, which depend on it and on the step alone
};

/// What a step did. Losses are those before its update.
struct StepReport {
    std::int64_t step = 0;  ///< counted from 1
    std::int64_t tokens =
        0;            ///< through the network so far: steps * accumulate * B * n * objectives
    double loss = 0;  ///< weighted sum over objectives
    std::vector<double> losses;  ///< by objective, unweighted; nan where its weight is 0
    double gradient_norm = 0;    ///< before clipping
    double rate = 0;
};

class Trainer {
  public:
    /// The model and the source must outlive the trainer.
    Trainer(model::Transformer& model, BatchSource& source, const TrainOptions& options);

    /// Throws DivergedError, before anything is updated, if a loss or the gradient is not finite.
    StepReport step();

    std::int64_t steps() const { return optimiser_.steps(); }
    /// What the objectives hid and predicted since the last call.
    std::vector<mask::Tally> take_tallies();

  private:
    double weight_of(std::size_t view, std::int64_t step) const;
    /// The batches of a step, counted from 1.
    void load(std::int64_t step);
    /// Adds the gradient of weight times the loss of an objective on all batches of the step.
    model::LossSums add_gradient(std::size_t view, double weight);

    model::Transformer& model_;
    BatchSource& source_;
    TrainOptions options_;
    AdamW optimiser_;
    std::vector<mask::Batch> batches_;  ///< of the step
    std::vector<mask::Tally> tallies_;
    std::int64_t tokens_ = 0;
};

/// Mean losses by objective over `batches` batches of a source, without gradients.
std::vector<double> mean_losses(model::Transformer& model, BatchSource& source,
                                std::int64_t batches);

}  // namespace mast::train
