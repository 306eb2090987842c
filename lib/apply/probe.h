// What a linear map can read off the representations of steps.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "model/transformer.h"
#include "store/trajectories.h"
#include "train/evaluate.h"
#include "train/least_squares.h"
#include "window/scaler.h"

namespace mast::apply {

struct ProbeOptions {
    store::Split split = store::Split::val;
    std::function<void(std::int64_t done, std::int64_t total)> progress;
    /// Called now and then and may throw to stop.
    std::function<void()> between = [] {};
    std::int64_t most = train::kEnoughRows;  ///< steps to fit
};

/// Fits, on the train split, least squares (softmax regression for classes) from the representation
/// of a step (see represent()) to its action, reward and return-to-go, and scores them on `split`.
/// Beside it stand the same map from the standardised observation (baseline_linear) and from
/// nothing (baseline_mean); baseline_last is nan, and so is baseline_linear where observations have
/// more than train::kMostFitColumns columns. Left out is what the row of the observation can see,
/// by the proof of leaks, and what does not vary.
///
/// Where the split has more than `most` steps, or than a fit of this width takes
/// (train::enough_rows(), SoftmaxRegression::most_rows()), short runs of steps are fitted that are
/// drawn from all of it, the same in each call. Sums over pairs of columns take a sixth of the
/// memory of one block of the network.
///
/// The name of the objective comes back as "probe:SPEC". Alain and Bengio 2016.
std::vector<train::Score> probe(model::Transformer& model, const store::TrajectoryReader& store,
                                const mask::Objective& objective, const window::Scaler& scaler,
                                const ProbeOptions& options);

}  // namespace mast::apply
