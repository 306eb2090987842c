#include "compute/linear.h"

#include <algorithm>

#include "base/assert.h"
#include "compute/column_sums.h"
#include "compute/gemm.h"
#include "compute/parallel.h"

namespace mast::compute {

void linear(Matrix<const float> x, Matrix<const float> w, std::span<const float> bias,
            Matrix<float> out) {
    MAST_ASSERT(w.cols == x.cols && out.rows == x.rows && out.cols == w.rows);
    MAST_ASSERT(bias.empty() || static_cast<std::int64_t>(bias.size()) == w.rows);
    if (!bias.empty()) {
        for (std::int64_t r = 0; r < out.rows; ++r) {
            std::copy(bias.begin(), bias.end(), out.row(r));
        }
    }
    gemm("linear", x.rows, w.rows, x.cols, {x.data, x.cols, false}, {w.data, w.cols, true},
         bias.empty() ? 0.0F : 1.0F, out.data, out.cols);
}

void linear_backward(Matrix<const float> x, Matrix<const float> w, Matrix<const float> dout,
                     Matrix<float> dx, Matrix<float> dw, std::span<float> dbias) {
    MAST_ASSERT(w.cols == x.cols && dout.rows == x.rows && dout.cols == w.rows);
    MAST_ASSERT(!dx || (dx.rows == x.rows && dx.cols == x.cols));
    MAST_ASSERT(dw.rows == w.rows && dw.cols == w.cols);
    MAST_ASSERT(dbias.empty() || static_cast<std::int64_t>(dbias.size()) == w.rows);
    if (dx) {
        gemm("linear backward by x", dx.rows, dx.cols, dout.cols, {dout.data, dout.cols, false},
             {w.data, w.cols, false}, 0.0F, dx.data, dx.cols);
    }
    gemm("linear backward by w", dw.rows, dw.cols, x.rows, {dout.data, dout.cols, true},
         {x.data, x.cols, false}, 1.0F, dw.data, dw.cols);
    if (dbias.empty()) return;
    static thread_local Scratch scratch;
    const PartialSums sums(scratch, dout.rows, dout.cols);
    parallel_for(dout.rows, sums.grain(), [&](std::int64_t first, std::int64_t last) {
        float* sum = sums.piece(first);
        std::fill(sum, sum + dout.cols, 0.0F);
        for (std::int64_t r = first; r < last; ++r) {
            const float* row = dout.row(r);
            for (std::int64_t c = 0; c < dout.cols; ++c) sum[c] += row[c];
        }
    });
    sums.add_to(dbias, 0);
}

}  // namespace mast::compute
