// The network with the least held-out loss that a training has had.
#pragma once

#include <cstdint>
#include <vector>

namespace mast::train {

struct Best {
    std::int64_t step;          ///< after which it was looked at
    double loss;                ///< over objectives, the sum of weight times mean held-out loss
    std::vector<float> values;  ///< of the network
};

}  // namespace mast::train
