// Losses of a model on held-out episodes, beside the baselines, on exactly the same targets.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mask/objective.h"
#include "model/transformer.h"
#include "store/trajectories.h"
#include "train/processes.h"
#include "window/scaler.h"

namespace mast::train {

/// Mean over the elements of all targets of one modality under one objective: MSE of standardised
/// values or of embeddings, or cross entropy in nats. Baselines of embeddings are nan, and those
/// that wide observations or actions have none of (train/baselines.h).
struct Score {
    std::string objective;
    store::Modality target;
    double loss = 0;
    double baseline_mean = 0;
    double baseline_last = 0;
    double baseline_linear = 0;
    std::int64_t count = 0;  ///< elements, or rows of discrete targets
    /// Of an objective that reads targets at later observations: the loss with that observation
    /// taken away (see mask::without_row).
    std::optional<double> loss_without_row;
};

struct EvaluateOptions {
    store::Split split = store::Split::val;
    std::uint64_t seed = 0;
    std::vector<store::Component> components;  ///< of the run's observation, for messages
    std::function<void(std::int64_t done, std::int64_t total)> progress;
    /// Called now and then while baselines are fitted and scored; may throw to stop.
    std::function<void()> between = [] {};
    /// Share out the windows; what each gets is the same to the bit for any number of them.
    Processes& processes = alone();
};

/// The split is covered by windows that do not overlap (the rest of an episode that fills no window
/// is left out; an episode shorter than a window is padded). Values are standardised by `scaler`,
/// that of the run. Masks are drawn by the seed. Throws DataError if the store does not fit the
/// model: both shapes and the components are named.
std::vector<Score> evaluate(model::Transformer& model, const store::TrajectoryReader& store,
                            const std::vector<mask::Objective>& objectives,
                            const window::Scaler& scaler, const EvaluateOptions& options);

/// Throws what evaluate() would throw before it computes anything: each of several processes can
/// ask before they begin together.
void expect_evaluable(const model::ModelConfig& config, const store::TrajectoryReader& store,
                      const std::vector<mask::Objective>& objectives, const window::Scaler& scaler,
                      const EvaluateOptions& options);

}  // namespace mast::train
