// The exact Gaussian error linear unit, x Φ(x) (Hendrycks and Gimpel 2016, section 2).
#pragma once

#include "compute/operand.h"

namespace mast::compute {

/// out = x Φ(x), element by element, all (R, C); out may be x itself.
///
/// Throws std::logic_error if shapes disagree, or if C is odd where out or slope are in bfloat16.
void gelu(Matrix<const float> x, Operand<float> out);

/// The same with slope = Φ(x) + x φ(x), by which a gradient passes back; slope may be x itself, in
/// place of `out`.
void gelu(Matrix<const float> x, Operand<float> out, Operand<float> slope);

}  // namespace mast::compute
