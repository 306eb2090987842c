// Squared error against continuous targets.
#pragma once

#include "base/matrix.h"

namespace mast::compute {

/// Sum over all elements of (prediction - target)², in double precision.
///
/// prediction, target (R, D); dprediction (R, D) overwritten with 2 * scale * (prediction -
/// target), or an empty view: no gradient wanted. The mean over R * D elements has scale = 1 / (R *
/// D).
double squared_error(Matrix<const float> prediction, Matrix<const float> target, float scale,
                     Matrix<float> dprediction);

}  // namespace mast::compute
