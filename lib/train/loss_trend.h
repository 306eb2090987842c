// What a loss has been lately, and which one stands out.
#pragma once

#include <cstdint>

namespace mast::train {

/// Mean and variance of a loss over some 50 steps, weighted exponentially (a plain mean at first).
struct LossTrend {
    static constexpr std::int64_t kSteps = 50;

    std::int64_t steps = 0;
    double mean = 0;
    double variance = 0;

    /// The largest loss that is no spike: six deviations above the mean, and at least twice the
    /// mean; infinite before kSteps are known.
    double bound() const;
    /// Takes in the loss of a step. A spike counts as the bound, so that it does not hide the next
    /// one, and a loss that stays high becomes the new mean.
    void add(double loss);
};

}  // namespace mast::train
