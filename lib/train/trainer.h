// One training step: batch, losses, gradients, clipping, update.
#pragma once

#include <cstdint>
#include <vector>

#include "mask/batch.h"
#include "model/transformer.h"
#include "train/adamw.h"
#include "train/batch_source.h"
#include "train/schedule.h"

namespace mast::train {

struct TrainOptions {
    Schedule schedule;
    AdamWOptions adamw;
    double clip = 1.0;  ///< largest gradient norm; 0: none
};

/// What a step did. Losses are those before its update.
struct StepReport {
    std::int64_t step = 0;       ///< counted from 1
    std::int64_t tokens = 0;     ///< through the network so far: steps * B * n * objectives
    double loss = 0;             ///< weighted sum over objectives
    std::vector<double> losses;  ///< by objective, unweighted
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

  private:
    model::Transformer& model_;
    BatchSource& source_;
    TrainOptions options_;
    AdamW optimiser_;
    mask::Batch batch_;
    std::int64_t tokens_ = 0;
};

/// Mean losses by objective over `batches` batches of a source, without gradients.
std::vector<double> mean_losses(model::Transformer& model, BatchSource& source,
                                std::int64_t batches);

}  // namespace mast::train
