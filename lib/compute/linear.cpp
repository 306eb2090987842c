#include "compute/linear.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "compute/column_sums.h"
#include "compute/gemm.h"
#include "compute/parallel.h"
#include "compute/profile.h"
#include "compute/scratch.h"
#include "compute/transpose.h"

// Each product is cut into pieces by its shape alone and each piece runs on one thread, so that the
// bits do not depend on the number of threads. docs/performance.md has the measurements behind the
// numbers here.
namespace mast::compute {

namespace {

/// Rows of x that one product takes: enough that packing the weights again hardly counts.
std::int64_t rows_per_product(std::int64_t rows) {
    constexpr std::int64_t kMost = 120;
    constexpr std::int64_t kFewest = 48;
    constexpr std::int64_t kPieces = 4;
    return std::clamp(piece_count(rows, kPieces), kFewest, kMost);
}

constexpr std::int64_t kPadding = 16;

/// Rows of a wide matrix lie so far apart that a column's elements compete for the same few places
/// of the first-level cache. A copy with padded rows is faster, if many products share its cost.
bool copy_pays(Matrix<const float> w, std::int64_t rows_of_x) {
    constexpr std::int64_t kWideRow = 512;
    constexpr std::int64_t kManyRows = 240;
    return w.cols >= kWideRow && rows_of_x >= kManyRows;
}

thread_local Scratch weight_copy;     // of the thread that calls linear()
thread_local Scratch gradient_block;  // of each working thread
thread_local Scratch bias_sums;

/// (K, N + padding) from w (N, K).
Operand transposed_copy(Matrix<const float> w) {
    const std::int64_t stride = w.rows + kPadding;
    float* copy = weight_copy.get(w.cols * stride);
    constexpr std::int64_t kCols = 64;
    parallel_for(w.cols, kCols, [&](std::int64_t first, std::int64_t last) {
        transpose_padded(w.data + first, w.cols, w.rows, last - first, copy + first * stride,
                         stride);
    });
    return {copy, stride};
}

/// (N, K + padding) from w (N, K).
Operand padded_copy(Matrix<const float> w) {
    const std::int64_t stride = w.cols + kPadding;
    float* copy = weight_copy.get(w.rows * stride);
    constexpr std::int64_t kRows = 64;
    parallel_for(w.rows, kRows, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t r = first; r < last; ++r) {
            std::copy(w.row(r), w.row(r) + w.cols, copy + r * stride);
        }
    });
    return {copy, stride};
}

void input_gradient(Matrix<const float> w, Matrix<const float> dout, Matrix<float> dx) {
    const OpTimer timer(Op::linear_by_x);
    const Operand weights = copy_pays(w, dout.rows) ? padded_copy(w) : Operand{w.data, w.cols};
    GemmStatus status;
    parallel_for(dx.rows, rows_per_product(dx.rows), [&](std::int64_t first, std::int64_t last) {
        gemm(last - first, dx.cols, dout.cols, {dout.row(first), dout.cols}, weights,
             Transposed::no, 0.0F, dx.row(first), dx.cols, status);
    });
    status.check("linear backward by x", dx.rows, dx.cols, dout.cols);
}

/// Rows n.. and columns k.. of dw, by one thread.
struct Tile {
    std::int64_t n;
    std::int64_t n_count;
    std::int64_t k;
    std::int64_t k_count;
};

/// The tile's part of dw += doutᵀ x, one block of rows after another.
///
/// Both operands are copied together first: read in place, columns of dout and pieces of wide rows
/// of x take a page of memory, and a place in few sets of the cache, for each row.
void weight_gradient_tile(Matrix<const float> x, Matrix<const float> dout, Matrix<float> dw,
                          const Tile& tile, GemmStatus& status) {
    constexpr std::int64_t kRows = 240;
    constexpr std::int64_t kStride = kRows + 8;
    const bool whole_rows = tile.k_count == x.cols;
    const std::int64_t x_stride = whole_rows ? x.cols : tile.k_count + kPadding;
    float* dout_block = gradient_block.get(tile.n_count * kStride + kRows * x_stride);
    float* x_block = dout_block + tile.n_count * kStride;
    for (std::int64_t r = 0; r < x.rows; r += kRows) {
        const std::int64_t rows = std::min(kRows, x.rows - r);
        transpose_padded(dout.row(r) + tile.n, dout.cols, rows, tile.n_count, dout_block, kStride);
        for (std::int64_t i = 0; i < rows && !whole_rows; ++i) {
            const float* from = x.row(r + i) + tile.k;
            std::copy(from, from + tile.k_count, x_block + i * x_stride);
        }
        gemm(tile.n_count, tile.k_count, rows, {dout_block, kStride},
             {whole_rows ? x.row(r) : x_block, x_stride}, Transposed::no, 1.0F,
             dw.row(tile.n) + tile.k, dw.cols, status);
    }
}

void weight_gradient(Matrix<const float> x, Matrix<const float> dout, Matrix<float> dw) {
    const OpTimer timer(Op::linear_by_w);
    // Large enough to pay for the copies, small enough to give every core a tile.
    constexpr std::int64_t kCols = 256;
    const std::int64_t across = piece_count(dw.cols, kCols);
    const std::int64_t rows = across > 1 && dw.rows >= 256 ? 128 : 64;
    GemmStatus status;
    parallel_for(piece_count(dw.rows, rows) * across, 1, [&](std::int64_t i, std::int64_t) {
        const std::int64_t n = i / across * rows;
        const std::int64_t k = i % across * kCols;
        weight_gradient_tile(
            x, dout, dw, {n, std::min(rows, dw.rows - n), k, std::min(kCols, dw.cols - k)}, status);
    });
    status.check("linear backward by w", dw.rows, dw.cols, x.rows);
}

void bias_gradient(Matrix<const float> dout, std::span<float> dbias) {
    const OpTimer timer(Op::linear_by_bias);
    const PartialSums sums(bias_sums, dout.rows, dout.cols);
    parallel_for(dout.rows, sums.grain(), [&](std::int64_t first, std::int64_t last) {
        float* sum = sums.piece(first);
        std::fill(sum, sum + dout.cols, 0.0F);
        for (std::int64_t r = first; r < last; ++r) {
            const float* row = dout.row(r);
            for (std::int64_t c = 0; c < dout.cols; ++c)
                sum[c] += row[c];
        }
    });
    sums.add_to(dbias, 0);
}

}  // namespace

void linear(Matrix<const float> x, Matrix<const float> w, std::span<const float> bias,
            Matrix<float> out) {
    const OpTimer timer(Op::linear);
    MAST_ASSERT(w.cols == x.cols && out.rows == x.rows && out.cols == w.rows);
    MAST_ASSERT(bias.empty() || static_cast<std::int64_t>(bias.size()) == w.rows);
    const bool copied = copy_pays(w, x.rows);
    const Operand weights = copied ? transposed_copy(w) : Operand{w.data, w.cols};
    GemmStatus status;
    parallel_for(x.rows, rows_per_product(x.rows), [&](std::int64_t first, std::int64_t last) {
        if (!bias.empty()) {
            for (std::int64_t r = first; r < last; ++r) {
                std::copy(bias.begin(), bias.end(), out.row(r));
            }
        }
        gemm(last - first, out.cols, x.cols, {x.row(first), x.cols}, weights,
             copied ? Transposed::no : Transposed::yes, bias.empty() ? 0.0F : 1.0F, out.row(first),
             out.cols, status);
    });
    status.check("linear", x.rows, w.rows, x.cols);
}

void linear_backward(Matrix<const float> x, Matrix<const float> w, Matrix<const float> dout,
                     Matrix<float> dx, Matrix<float> dw, std::span<float> dbias) {
    MAST_ASSERT(w.cols == x.cols && dout.rows == x.rows && dout.cols == w.rows);
    MAST_ASSERT(!dx || (dx.rows == x.rows && dx.cols == x.cols));
    MAST_ASSERT(dw.rows == w.rows && dw.cols == w.cols);
    MAST_ASSERT(dbias.empty() || static_cast<std::int64_t>(dbias.size()) == w.rows);
    if (dx) input_gradient(w, dout, dx);
    weight_gradient(x, dout, dw);
    if (!dbias.empty()) bias_gradient(dout, dbias);
}

}  // namespace mast::compute
