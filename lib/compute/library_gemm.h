// Matrix products by oneDNN, as the yardstick of our own; the only place that knows its interface.
#pragma once

#include "base/matrix.h"
#include "base/version.h"

namespace mast::compute {

/// c (M, N) = a (M, K) b (K, N) on oneDNN's own threads(), which the order of sums then depends on.
/// Throws Error if oneDNN refuses the product.
void library_gemm(Matrix<const float> a, Matrix<const float> b, Matrix<float> c);

/// oneDNN.
Library gemm_library();

}  // namespace mast::compute
