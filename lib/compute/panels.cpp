#include "compute/panels.h"

#include <algorithm>

#include "base/assert.h"
#include "compute/isa.h"
#include "compute/parallel.h"
#include "compute/transpose.h"

namespace mast::compute {

namespace {

// A few panels or strips pass side by side, so that a line of the matrix is fetched once.
constexpr std::int64_t kPanelsAtOnce = 4;
constexpr std::int64_t kStripsAtOnce = 8;

struct PanelArgs {
    Matrix<const float> b;
    float* to;
};

/// Panels first..last, all of 16 columns.
template <int W>
MAST_INLINE void whole_panels(const PanelArgs& args, std::int64_t first, std::int64_t last) {
    using V = Simd<W>;
    const std::int64_t depth = args.b.rows;
    for (std::int64_t k = 0; k < depth; ++k) {
        const float* from = args.b.row(k) + first * kPanelCols;
        float* to = args.to + (first * depth + k) * kPanelCols;
        for (std::int64_t p = first; p < last; ++p) {
            for (int j = 0; j < kPanelCols; j += W)
                V::store(to + j, V::load(from + j));
            from += kPanelCols;
            to += depth * kPanelCols;
        }
    }
}

void last_panel(Matrix<const float> b, float* to) {
    const std::int64_t cols = b.cols % kPanelCols;
    if (cols == 0) return;
    to += (b.cols - cols) * b.rows;
    std::fill(to, to + b.rows * kPanelCols, 0.0F);
    for (std::int64_t k = 0; k < b.rows; ++k)
        std::copy_n(b.row(k) + b.cols - cols, cols, to + k * kPanelCols);
}

struct StripArgs {
    Matrix<const float> a;
    float* sums;  // null: not wanted
    float* to;
};

/// Strips first..last, up to kStripsAtOnce. Of each row a vector of eight is stored for a strip of
/// six; the next row overwrites its last two. What lies beyond the last column ends in rows that no
/// product stores.
template <int W>
MAST_INLINE void strips(const StripArgs& args, std::int64_t first, std::int64_t last) {
    using V = Simd<8>;
    const auto& a = args.a;
    const std::int64_t col = first * kTileRows;
    const std::int64_t rows = a.rows - 1;
    float* to = args.to + col * a.rows;
    typename V::Floats sum[kStripsAtOnce] = {};
    for (std::int64_t k = 0; k < rows; ++k) {
        for (std::int64_t s = 0; s < last - first; ++s) {
            const auto v = V::load(a.row(k) + col + s * kTileRows);
            V::store(to + (s * a.rows + k) * kTileRows, v);
            sum[s] += v;
        }
    }
    // Nothing lies beyond the last row.
    for (std::int64_t s = 0; s < last - first; ++s) {
        const std::int64_t from = col + s * kTileRows;
        const std::int64_t cols = std::min(kTileRows, a.cols - from);
        const auto v = V::load_first(a.row(rows) + from, cols);
        V::store_first(to + (s * a.rows + rows) * kTileRows, v, kTileRows);
        sum[s] += v;
        float lane[8];
        V::store(lane, sum[s]);
        for (std::int64_t c = 0; c < cols && args.sums != nullptr; ++c)
            args.sums[from + c] += lane[c];
    }
}

MAST_KERNEL(whole_panels, PanelArgs);
MAST_KERNEL(strips, StripArgs);

}  // namespace

Panels pack(Matrix<const float> b, float* memory) {
    const PanelArgs args{b, memory};
    const auto piece = whole_panels_here();
    parallel_for(b.cols / kPanelCols, kPanelsAtOnce,
                 [&](std::int64_t first, std::int64_t last) { piece(args, first, last); });
    last_panel(b, memory);
    return {memory, b.rows, b.cols};
}

Panels pack_transposed(Matrix<const float> w, float* memory) {
    parallel_for(piece_count(w.rows, kPanelCols), 1, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t p = first; p < last; ++p) {
            const std::int64_t row = p * kPanelCols;
            transpose_padded(w.row(row), w.cols, std::min(kPanelCols, w.rows - row), w.cols,
                             memory + row * w.cols, kPanelCols);
        }
    });
    return {memory, w.cols, w.rows};
}

Strips rows_of(Matrix<const float> a, float* memory) {
    Strips strips{a.data, a.rows, a.cols, a.cols, 1, kTileRows * a.cols, nullptr};
    const std::int64_t rest = a.rows % kTileRows;
    if (rest == 0) return strips;
    transpose_padded(a.row(a.rows - rest), a.cols, rest, a.cols, memory, kTileRows);
    strips.last = memory;
    return strips;
}

Strips pack_columns(Matrix<const float> a, std::span<float> sums, float* memory) {
    MAST_ASSERT(sums.empty() || static_cast<std::int64_t>(sums.size()) == a.cols);
    MAST_ASSERT(a.rows >= 1);
    const StripArgs args{a, sums.empty() ? nullptr : sums.data(), memory};
    const auto piece = strips_here();
    parallel_for(piece_count(a.cols, kTileRows), kStripsAtOnce,
                 [&](std::int64_t first, std::int64_t last) { piece(args, first, last); });
    return {memory, a.cols, a.rows, 1, kTileRows, kTileRows * a.rows, nullptr};
}

}  // namespace mast::compute
