// What a policy that acts in place of the data must know of them.
#pragma once

#include <vector>

#include "store/trajectories.h"

namespace mast::window {

struct Recorded {
    double discount = 1;             ///< of the return-to-go
    std::vector<float> least, most;  ///< (Da) of continuous actions; empty where not known
};

/// From the statistics that the store keeps.
Recorded recorded_in(const store::TrajectoryReader& store);

}  // namespace mast::window
