// The rectifier, max(x, 0).
#pragma once

#include <span>

namespace mast::compute {

/// out = max(x, 0), element by element; NaN stays NaN. out may be x itself.
void relu(std::span<const float> x, std::span<float> out);

/// dx = dout where out > 0, else 0; dx may be dout itself.
void relu_backward(std::span<const float> out, std::span<const float> dout, std::span<float> dx);

}  // namespace mast::compute
