// The exact Gaussian error linear unit, x Φ(x) (Hendrycks and Gimpel 2016, section 2).
#pragma once

#include <span>

namespace mast::compute {

/// out = x Φ(x), element by element; out may be x itself.
void gelu(std::span<const float> x, std::span<float> out);

/// dx = dout (Φ(x) + x φ(x)); dx may be dout itself.
void gelu_backward(std::span<const float> x, std::span<const float> dout, std::span<float> dx);

}  // namespace mast::compute
