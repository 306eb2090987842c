// What a store holds as a picture.
#pragma once

#include <functional>
#include <string>

#include "store/trajectories.h"

namespace mast::apply {

/// Histograms of episode lengths and returns, coloured by how episodes ended, and for each column
/// of the observations and actions its range, mean and spread over the train split; of discrete
/// actions how often each occurs over all. A whole SVG file, whose size does not grow with the
/// data. `between` is called between blocks and may throw to stop. Throws DataError.
std::string plot_store(const store::TrajectoryReader& store, const std::string& name,
                       const std::function<void()>& between);

}  // namespace mast::apply
