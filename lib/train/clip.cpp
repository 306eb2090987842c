#include "train/clip.h"

#include <cmath>
#include <cstdint>

namespace mast::train {

double gradient_norm(std::span<const float> gradients) {
    // Independent sums in a fixed pattern, so that the loop is vectorised without reordering.
    constexpr std::size_t kLanes = 8;
    double sums[kLanes] = {};
    const auto whole = gradients.size() / kLanes * kLanes;
    for (std::size_t i = 0; i < whole; i += kLanes) {
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            const auto value = static_cast<double>(gradients[i + lane]);
            sums[lane] += value * value;
        }
    }
    double total = 0;
    for (std::size_t i = whole; i < gradients.size(); ++i) {
        const auto value = static_cast<double>(gradients[i]);
        total += value * value;
    }
    for (const double sum : sums)
        total += sum;
    return std::sqrt(total);
}

double clip_factor(double norm, double limit) {
    return limit > 0 && norm > limit ? limit / norm : 1.0;
}

}  // namespace mast::train
