#include "compute/rows.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "compute/parallel.h"
#include "compute/profile.h"

namespace mast::compute {

namespace {

constexpr std::int64_t kElements = 8192;  // of a piece of work

bool all_below(std::span<const std::int64_t> index, std::int64_t rows) {
    return std::all_of(index.begin(), index.end(),
                       [rows](std::int64_t i) { return i >= 0 && i < rows; });
}

std::int64_t rows_per_piece(std::int64_t cols) {
    return std::max<std::int64_t>(1, kElements / std::max<std::int64_t>(1, cols));
}

}  // namespace

void gather_rows(Matrix<const float> x, std::span<const std::int64_t> index, Matrix<float> out) {
    const OpTimer timer(Op::rows);
    MAST_ASSERT(out.cols == x.cols);
    MAST_ASSERT(out.rows == static_cast<std::int64_t>(index.size()));
    MAST_ASSERT(all_below(index, x.rows));
    const auto bytes = static_cast<std::size_t>(x.cols) * sizeof(float);
    if (bytes == 0) return;
    parallel_for(out.rows, rows_per_piece(x.cols), [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i < last; ++i) {
            std::memcpy(out.row(i), x.row(index[static_cast<std::size_t>(i)]), bytes);
        }
    });
}

void scatter_add_rows(Matrix<const float> rows, std::span<const std::int64_t> index,
                      Matrix<float> x) {
    const OpTimer timer(Op::rows);
    MAST_ASSERT(rows.cols == x.cols);
    MAST_ASSERT(rows.rows == static_cast<std::int64_t>(index.size()));
    MAST_ASSERT(all_below(index, x.rows));
    // Split by columns: an index may repeat, and each sum keeps the order of i.
    constexpr std::int64_t kCols = 64;
    parallel_for(x.cols, kCols, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = 0; i < rows.rows; ++i) {
            const float* from = rows.row(i);
            float* to = x.row(index[static_cast<std::size_t>(i)]);
            for (std::int64_t c = first; c < last; ++c)
                to[c] += from[c];
        }
    });
}

void place_rows(Matrix<const float> rows, std::span<const std::int64_t> index, Matrix<float> x) {
    const OpTimer timer(Op::rows);
    MAST_ASSERT(rows.cols == x.cols);
    MAST_ASSERT(rows.rows == static_cast<std::int64_t>(index.size()));
    MAST_ASSERT(all_below(index, x.rows));
    parallel_for(rows.rows, rows_per_piece(x.cols), [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i < last; ++i)
            std::copy_n(rows.row(i), rows.cols, x.row(index[static_cast<std::size_t>(i)]));
    });
}

}  // namespace mast::compute
