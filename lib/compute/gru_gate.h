// What the gate of a GRU does between its matrix products, element by element (Cho et al. 2014, in
// the form of Parisotto et al. 2020, section 3.2).
#pragma once

#include <span>

#include "base/matrix.h"

namespace mast::compute {

/// Reset and update gates: r = σ(a_r), z = σ(a_z - bias).
///
/// x     (R, C)   the residual stream
/// bias  (C)      holds z back: the larger, the nearer the gate is to the identity
/// rz    (R, 2C)  in: a_r and a_z; out: r and z
/// rx    (R, C)   overwritten with r x
void gru_gates(Matrix<const float> x, std::span<const float> bias, Matrix<float> rz,
               Matrix<float> rx);

/// out = (1 - z) x + z h with h = tanh(a_h).
///
/// rz    (R, 2C)  r and z
/// h     (R, C)   in: a_h; out: h
/// out   (R, C)   overwritten; may be x
void gru_mix(Matrix<const float> x, Matrix<const float> rz, Matrix<float> h, Matrix<float> out);

/// Gradients of gru_mix().
///
/// dout  (R, C)   in: the gradient at out; out: the part of it that reaches x
/// drz   (R, 2C)  the right half overwritten with the gradient at a_z
/// dh    (R, C)   overwritten with the gradient at a_h
void gru_mix_backward(Matrix<const float> x, Matrix<const float> rz, Matrix<const float> h,
                      Matrix<float> dout, Matrix<float> drz, Matrix<float> dh);

/// Gradients of gru_gates().
///
/// drx   (R, C)   gradient at r x
/// drz   (R, 2C)  in: the gradient at a_z in its right half; out: beside it, that at a_r
/// dx    (R, C)   added to
/// dbias (C)      added to
void gru_gates_backward(Matrix<const float> x, Matrix<const float> rz, Matrix<const float> drx,
                        Matrix<float> drz, Matrix<float> dx, std::span<float> dbias);

}  // namespace mast::compute
