// Layer normalisation over the channels of each row (Ba et al. 2016, eq. 3-4).
#pragma once

#include <span>

#include "base/matrix.h"
#include "compute/operand.h"

namespace mast::compute {

/// Added to the variance, as in PyTorch's default.
inline constexpr float kLayerNormEpsilon = 1e-5F;

/// out = (x - mean) * rstd * gain + bias, row by row.
///
/// x, out (R, C); gain, bias (C); mean, rstd (R) kept for the backward pass.
void layer_norm(Matrix<const float> x, std::span<const float> gain, std::span<const float> bias,
                Operand<float> out, std::span<float> mean, std::span<float> rstd);

/// Gradients of layer_norm().
///
/// dout (R, C); dx (R, C) added to (the residual path already holds its share);
/// dgain, dbias (C) added to, summed in an order that does not depend on the number of threads.
void layer_norm_backward(Matrix<const float> x, std::span<const float> gain,
                         std::span<const float> mean, std::span<const float> rstd,
                         Matrix<const float> dout, Matrix<float> dx, std::span<float> dgain,
                         std::span<float> dbias);

}  // namespace mast::compute
