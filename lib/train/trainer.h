// One training step: batches, losses, gradients, clipping, update.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mask/batch.h"
#include "mask/tally.h"
#include "model/transformer.h"
#include "train/adamw.h"
#include "train/batch_source.h"
#include "train/best.h"
#include "train/gradient_exchange.h"
#include "train/loss_trend.h"
#include "train/parts.h"
#include "train/processes.h"
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
    double dropout = 0;         ///< probability of dropping; 0: none
    std::uint64_t seed = 0;     ///< of dropout's masks, which depend on it and on the step alone
    Wire exchange = Wire::f32;  ///< what gradients travel as, between processes
};

/// After so many steps in a row whose loss or gradient is not finite a training has diverged.
inline constexpr std::int64_t kMostSkippedInRow = 5;

/// After so many windows without a target an objective is taken for one that never has any.
inline constexpr std::int64_t kMostIdle = 1024;

/// Where a training stands, beside its parameters and moments. With these it goes on as if it had
/// never stopped.
struct Progress {
    std::int64_t steps = 0;    ///< done or skipped; the place in the data follows from it
    std::int64_t tokens = 0;   ///< through the network: steps * accumulate * B * n * objectives
    std::int64_t skipped = 0;  ///< steps that changed nothing
    std::int64_t skipped_in_row = 0;   ///< up to now
    std::int64_t spikes = 0;           ///< losses of an objective in a step that stood out
    std::vector<LossTrend> trends;     ///< by objective
    std::vector<mask::Tally> tallies;  ///< by objective, since they were last taken
};

/// A loss that stands out: the step is done all the same.
struct Spike {
    std::size_t objective;
    double loss;
    double bound;  ///< of what would not have been one
};

/// What a step did. Losses are those before its update.
struct StepReport {
    std::int64_t step = 0;       ///< counted from 1
    std::int64_t tokens = 0;     ///< through the network so far
    double loss = 0;             ///< weighted sum over objectives
    std::vector<double> losses;  ///< by objective, unweighted; nan where its weight is 0
    double gradient_norm = 0;    ///< before clipping
    double rate = 0;
    /// What was not finite, so that the step was skipped: "loss of inverse is nan, expected a
    /// finite number"; empty for a step that was done. Losses after it and the norm are nan.
    std::string not_finite;
    std::vector<Spike> spikes;
};

class Trainer {
  public:
    /// All must outlive the trainer. Each of several processes takes its part of every step, and
    /// all have the same reports, parameters and progress: those of one process, but for the order
    /// of sums. Throws UsageError if a step has not enough for each of them.
    Trainer(model::Transformer& model, BatchSource& source, const TrainOptions& options,
            Processes& processes = alone());

    /// A step whose loss or gradient is not finite changes no parameter, moment or average. Throws
    /// DivergedError if it is the last of kMostSkippedInRow, and DataError if an objective asked
    /// for nothing in the first kMostIdle windows that this trainer saw.
    StepReport step();

    /// What the objectives hid and predicted since the last call.
    std::vector<mask::Tally> take_tallies();

    std::int64_t steps() const { return progress_.steps; }
    const Progress& progress() const { return progress_; }
    const AdamW& optimiser() const { return optimiser_; }
    /// For whoever restores a training; the model's values are the caller's.
    AdamW& optimiser() { return optimiser_; }
    void go_on_from(Progress progress, std::optional<Best> best);

    /// Keeps the network as it is now if it never had less held-out loss. losses: of
    /// mean_losses(), weighted as the specs say, whatever the schedule.
    void keep_if_best(const std::vector<double>& losses);
    /// Nothing if none was kept.
    const std::optional<Best>& best() const { return best_; }

  private:
    double weight_of(std::size_t view, std::int64_t step) const;
    /// Losses and gradients of the step's batches.
    void add_gradients(StepReport& report);
    void refuse_idle(std::size_t view, const model::TargetCounts& targets, std::int64_t windows);
    /// By view, of all processes; of those whose weight is not 0. Adds to the tallies.
    std::vector<model::TargetCounts> count_targets(std::int64_t step);
    void take_losses(std::vector<model::LossSums>& sums, StepReport& report);
    void update(StepReport& report);
    void note_spikes(StepReport& report);
    void skip(const StepReport& report);
    /// This process's part of a step, counted from 1.
    void load(std::int64_t step);
    /// Adds the gradient of weight times the loss of an objective on this process's part.
    model::LossSums add_gradient(std::size_t view, double weight,
                                 const model::TargetCounts& targets,
                                 const model::BlockDone& block_done);

    model::Transformer& model_;
    BatchSource& source_;
    TrainOptions options_;
    AdamW optimiser_;
    Processes& processes_;
    GradientExchange exchange_;
    std::vector<Part> parts_;           ///< of a step's batches, this process's
    std::vector<mask::Batch> batches_;  ///< what stands in these
    Progress progress_;
    std::vector<std::int64_t> idle_;  ///< by objective: windows before its first target
    std::optional<Best> best_;
};

/// Mean losses by objective over `batches` batches of a source, without gradients. Each process
/// takes its part. Nan of an objective that asks for nothing in them.
std::vector<double> mean_losses(model::Transformer& model, BatchSource& source,
                                std::int64_t batches, Processes& processes = alone());

}  // namespace mast::train
