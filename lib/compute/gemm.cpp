#include "compute/gemm.h"

#include <oneapi/dnnl/dnnl.h>

#include "base/error.h"
#include "compute/parallel.h"

namespace mast::compute {

void GemmStatus::note(int status) {
    int none = 0;
    if (status != 0) first_.compare_exchange_strong(none, status);
}

void GemmStatus::check(const char* name, std::int64_t m, std::int64_t n, std::int64_t k) const {
    if (first_ == 0) return;
    fail<Error>("{}: oneDNN refused the product ({}, {}) = ({}, {}) ({}, {}) with status {}", name,
                m, n, m, k, k, n, first_.load());
}

// dnnl_sgemm is row-major, needs no primitive, and is the same in oneDNN 2.x and 3.x.
void gemm(std::int64_t m, std::int64_t n, std::int64_t k, const Operand& a, const Operand& b,
          Transposed transposed_b, float beta, float* c, std::int64_t c_stride,
          GemmStatus& status) noexcept {
    const LibraryThreads one_thread(1);
    static_assert(dnnl_success == 0);
    status.note(dnnl_sgemm('N', transposed_b == Transposed::yes ? 'T' : 'N', m, n, k, 1.0F, a.data,
                           a.stride, b.data, b.stride, beta, c, c_stride));
}

void library_gemm(std::int64_t m, std::int64_t n, std::int64_t k, const Operand& a,
                  const Operand& b, float* c, std::int64_t c_stride, GemmStatus& status) noexcept {
    const LibraryThreads all_threads(threads());
    status.note(
        dnnl_sgemm('N', 'N', m, n, k, 1.0F, a.data, a.stride, b.data, b.stride, 0.0F, c, c_stride));
}

}  // namespace mast::compute
