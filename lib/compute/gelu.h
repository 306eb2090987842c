// The exact Gaussian error linear unit, x Φ(x) (Hendrycks and Gimpel 2016, section 2).
#pragma once

#include <span>

namespace mast::compute {

/// out = x Φ(x), element by element; out may be x itself.
void gelu(std::span<const float> x, std::span<float> out);

/// The same with slope = Φ(x) + x φ(x), by which a gradient passes back; slope may be x itself, in
/// place of `out`.
void gelu(std::span<const float> x, std::span<float> out, std::span<float> slope);

}  // namespace mast::compute
