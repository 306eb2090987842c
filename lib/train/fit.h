// Whether data are such as a network was trained on.
#pragma once

#include <vector>

#include "model/config.h"
#include "store/trajectories.h"

namespace mast::train {

/// Throws DataError if observations or actions have another number of columns, or of another kind,
/// than the network's: both shapes and the components are named. components: of the observation
/// that it was trained on.
void expect_fit(const store::TrajectoryReader& store, const model::ModelConfig& config,
                const std::vector<store::Component>& components);

}  // namespace mast::train
