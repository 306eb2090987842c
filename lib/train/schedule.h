// The learning rate over time: linear warm-up, then a cosine (Loshchilov and Hutter 2017, eq. 5).
#pragma once

#include <cstdint>

namespace mast::train {

struct Schedule {
    double peak = 0;          ///< learning rate after the warm-up
    std::int64_t warmup = 0;  ///< steps of linear rise
    std::int64_t steps = 1;   ///< where the cosine ends
    double last_share = 0.1;  ///< of the peak, at the end

    /// Learning rate of step 1 .. steps (and of later ones: that of the end).
    double at(std::int64_t step) const;
};

}  // namespace mast::train
