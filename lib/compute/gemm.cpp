#include "compute/gemm.h"

#include <oneapi/dnnl/dnnl.h>

#include "base/error.h"

namespace mast::compute {

// dnnl_sgemm is row-major and the same in oneDNN 2.x and 3.x.
void gemm(const char* name, std::int64_t m, std::int64_t n, std::int64_t k, const Operand& a,
          const Operand& b, float beta, float* c, std::int64_t c_stride) {
    const dnnl_status_t status =
        dnnl_sgemm(a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', m, n, k, 1.0F, a.data,
                   a.stride, b.data, b.stride, beta, c, c_stride);
    if (status != dnnl_success) {
        fail<Error>("{}: oneDNN refused ({}, {}) = ({}, {}) ({}, {}) with status {}", name, m, n, m,
                    k, k, n, static_cast<int>(status));
    }
}

}  // namespace mast::compute
