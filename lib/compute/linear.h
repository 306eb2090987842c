// A linear layer: one product over all rows of a batch.
#pragma once

#include <span>

#include "base/matrix.h"
#include "compute/operand.h"
#include "compute/panels.h"

namespace mast::compute {

/// out = x wᵀ + bias + residual.
///
/// x        (R, K)  input rows, R = B * n
/// w        (N, K)  weights in PyTorch's order [out, in]
/// bias     (N)     empty: none
/// out      (R, N)  overwritten
///
/// Throws std::logic_error if shapes disagree. Each thread allocates once for a shape.
void linear(Matrix<const float> x, Matrix<const float> w, std::span<const float> bias,
            Matrix<float> out);

/// The same with wᵀ packed before, pack_transposed(weights), or not, and with residual (R, N),
/// which may be `out`; an empty view: none. out in any precision; x is rounded to the weights'
/// precision, if it is not in it already.
void linear(Operand<const float> x, const RightOperand& w, std::span<const float> bias,
            Matrix<const float> residual, Operand<float> out);

/// activated = GELU(x wᵀ + bias), and slope its derivative there (gelu.h), both (R, N) and in one
/// precision. w as in the last.
void linear_gelu(Operand<const float> x, const RightOperand& w, std::span<const float> bias,
                 Operand<float> activated, Operand<float> slope);

/// Whether a gradient by weights is added to what is there or replaces it, so that nobody has to
/// make it zero before.
enum class WeightGradient { add, replace };

/// Gradients of linear().
///
/// dout  (R, N)
/// dx    (R, K)  overwritten with dout w; an empty view: not wanted
/// dw    (N, K)  added to: dw += doutᵀ x
/// dbias (N)     added to: column sums of dout; empty: none
void linear_backward(Matrix<const float> x, Matrix<const float> w, Matrix<const float> dout,
                     Matrix<float> dx, Matrix<float> dw, std::span<float> dbias);

/// The same with w packed before, pack(weights), or not; x and dout are rounded to its precision in
/// the products, if they are not in it already; dw and dbias are in single precision. dw may be
/// replaced instead; dbias is added to in any case. slope (R, K): where x is a function f(z), its
/// f'(z), with which dx becomes the gradient by z; in the precision of dx; an empty view: none.
void linear_backward(Operand<const float> x, const RightOperand& w, Operand<const float> dout,
                     Operand<const float> slope, Operand<float> dx, Matrix<float> dw,
                     std::span<float> dbias, WeightGradient into = WeightGradient::add);

}  // namespace mast::compute
