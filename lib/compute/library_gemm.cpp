#include "compute/library_gemm.h"

#include <fmt/format.h>
#include <oneapi/dnnl/dnnl.h>

#include "base/assert.h"
#include "base/error.h"
#include "compute/parallel.h"

/// Of the OpenMP that the library uses, GNU's, whatever compiler makes this program.
extern "C" void omp_set_num_threads(int threads);

namespace mast::compute {

// dnnl_sgemm is row-major, needs no primitive, and is the same in oneDNN 2.x and 3.x.
void library_gemm(Matrix<const float> a, Matrix<const float> b, Matrix<float> c) {
    MAST_ASSERT(a.cols == b.rows && c.rows == a.rows && c.cols == b.cols);
    omp_set_num_threads(threads());
    const auto status = dnnl_sgemm('N', 'N', c.rows, c.cols, a.cols, 1.0F, a.data, a.cols, b.data,
                                   b.cols, 0.0F, c.data, c.cols);
    if (status == dnnl_success) return;
    fail<Error>("oneDNN refused the product ({}, {}) = ({}, {}) ({}, {}) with status {}", c.rows,
                c.cols, a.rows, a.cols, b.rows, b.cols, static_cast<int>(status));
}

Library gemm_library() {
    const auto* const found = dnnl_version();
    return {"oneDNN", fmt::format("{}.{}.{}", found->major, found->minor, found->patch)};
}

}  // namespace mast::compute
