#include "train/clip.h"

#include <cmath>

#include "compute/square_sum.h"

namespace mast::train {

double gradient_norm(std::span<const float> gradients) {
    return std::sqrt(compute::square_sum(gradients));
}

double clip_factor(double norm, double limit) {
    return limit > 0 && norm > limit ? limit / norm : 1.0;
}

}  // namespace mast::train
