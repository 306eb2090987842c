// Matrix products in single precision by oneDNN; the only place that knows its interface.
#pragma once

#include <cstdint>

namespace mast::compute {

/// A row-major matrix inside a larger one.
struct Operand {
    const float* data;
    std::int64_t stride;  ///< elements from row to row
    bool transposed;
};

/// c (m, n) = a (m, k) b (k, n) + beta c on the calling thread if it is inside parallel_for(), on
/// all of threads() otherwise. beta: 0 overwrites, 1 adds.
///
/// Throws Error with `name` and the shapes if oneDNN refuses.
void gemm(const char* name, std::int64_t m, std::int64_t n, std::int64_t k, const Operand& a,
          const Operand& b, float beta, float* c, std::int64_t c_stride);

}  // namespace mast::compute
