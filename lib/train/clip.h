// The size of a gradient, and how much of it may be used (Pascanu et al. 2013, algorithm 1).
#pragma once

#include <span>

namespace mast::train {

/// sqrt of the sum of squares, in double precision and in an order that does not depend on threads.
/// Not finite if any element is not.
double gradient_norm(std::span<const float> gradients);

/// Factor of at most 1 that brings a norm down to `limit`; 1 for limit 0 (no clipping).
double clip_factor(double norm, double limit);

}  // namespace mast::train
