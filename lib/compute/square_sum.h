// Sums of squares in double precision.
#pragma once

#include <cstdint>
#include <span>

namespace mast::compute {

/// The sum of values[i]², in an order that neither threads nor instructions decide. Not finite if
/// any value is not.
double square_sum(std::span<const float> values);

}  // namespace mast::compute
