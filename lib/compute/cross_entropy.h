// Cross entropy of a softmax against class numbers.
#pragma once

#include <cstdint>
#include <span>

#include "base/matrix.h"

namespace mast::compute {

/// Sum over rows of -log softmax(logits)[target], in nats and double precision.
///
/// logits (R, K); target (R) class numbers in 0 .. K-1; dlogits (R, K) overwritten with
/// scale * (softmax(logits) - onehot(target)), or an empty view: no gradient wanted.
/// Throws std::logic_error if a class number is out of range.
double cross_entropy(Matrix<const float> logits, std::span<const std::int32_t> target, float scale,
                     Matrix<float> dlogits);

}  // namespace mast::compute
