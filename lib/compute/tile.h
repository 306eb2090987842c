// The innermost loop of every product of matrices: a few rows by a few vectors of columns, kept in
// registers while the depth passes. An operand is words of 32 bits: a float, or two bfloat16.
#pragma once

#include <algorithm>
#include <cstdint>

#include "compute/f32.h"
#include "compute/operand_kernel.h"
#include "compute/panels.h"
#include "compute/simd.h"

namespace mast::compute {

/// Left operand of a tile: a[r, k] = data[r * row + k / step * depth + k % step], step being the
/// words of the tile's form.
struct TileLeft {
    const float* data;
    std::int64_t row;
    std::int64_t depth;
};

/// Right operand: panels of kPanelCols columns; b[k, c] = data[c / 16 * panel + 16 k + c % 16].
struct TileRight {
    const float* data;
    std::int64_t panel;
};

/// What becomes of a tile's sums: out[r, c] = (sum + bias[c] + add[r, c]) times[r, c]; null leaves
/// an operand out. Strides count words from row to row.
struct TileOut {
    float* out;           ///< a row of words
    std::int64_t col;     ///< of it, where the tile begins
    std::int64_t stride;  ///< of `out` and `times`
    Precision precision;  ///< of `out` and `times`
    const float* bias;    ///< of the tile's first column
    const float* add;     ///< of the tile's first element; may be that of `out`
    std::int64_t add_stride;
    const float* times;  ///< a row of words
};

template <int W>
MAST_INLINE OperandRow<W, const float, Bf16<W>> times_of(const TileOut& o, std::int64_t row) {
    return {o.times + row * o.stride, o.precision};
}

/// sum(r, j): row r, vector j of the sums.
template <int W, int N, class B, class Sum>
MAST_INLINE void store_tile(std::int64_t rows, const Sum& sum, const TileOut& o) {
    using V = Simd<W>;
    for (std::int64_t r = 0; r < rows; ++r) {
        const OperandRow<W, float, B> out{o.out + r * o.stride, o.precision};
        for (int j = 0; j < N; ++j) {
            auto value = sum(r, j);
            if (o.bias != nullptr) value += V::load(o.bias + j * W);
            if (o.add != nullptr) value += V::load(o.add + r * o.add_stride + j * W);
            if (o.times != nullptr) value *= times_of<W>(o, r).load(o.col + j * W);
            out.store(o.col + j * W, value);
        }
    }
}

/// The same for `rows` and `cols` of the sums (., N W) that lie in memory.
template <int W, int N, class B>
MAST_INLINE void store_edge(const float* sums, std::int64_t rows, std::int64_t cols,
                            const TileOut& o) {
    using V = Simd<W>;
    for (std::int64_t r = 0; r < rows; ++r) {
        const OperandRow<W, float, B> out{o.out + r * o.stride, o.precision};
        for (std::int64_t c = 0; c < cols; c += W) {
            const std::int64_t count = std::min<std::int64_t>(W, cols - c);
            auto value = V::load(sums + r * N * W + c);
            if (o.bias != nullptr) value += V::load_first(o.bias + c, count);
            if (o.add != nullptr) value += V::load_first(o.add + r * o.add_stride + c, count);
            if (o.times != nullptr) value *= times_of<W>(o, r).load_first(o.col + c, count);
            out.store_first(o.col + c, value, count);
        }
    }
}

/// A tile of vectors of W floats; Element multiplies their words (f32.h, bf16.h).
template <int W, class Element>
struct VectorTile {
    using Rounding = typename Element::Rounding;
    static constexpr int kWidth = W;
    static constexpr TileForm kForm = kVectorForm<W>;

    /// Whether the panels pass by one tile after another; else the tiles by one panel.
    static constexpr bool kRowsStay = false;

    /// Words of the next pass, of which sums are kept apart in between. A panel of 512 (32 KB)
    /// stays in the first-level cache while the tiles pass.
    static MAST_INLINE std::int64_t words_of_pass(std::int64_t left) {
        return std::min<std::int64_t>(left, 512);
    }
    /// What a thread holds during such a pass.
    struct Pass {
        explicit MAST_INLINE Pass(std::int64_t) {}
    };

    /// N vectors of columns, from column `first` of a panel on, and the rows r of a tile:
    /// (r, N W) = a (r, words) b (words, N W).
    template <int N>
    static MAST_INLINE void product(const TileLeft& a, const TileRight& b, std::int64_t first,
                                    std::int64_t words, const TileOut& o) {
        using V = Simd<W>;
        typename V::Floats sum[kForm.rows][N];
        for (auto& row : sum) {
            for (auto& v : row)
                v = V::all(0.0F);
        }
        const float* left = a.data;
        const float* right = b.data + first;
        for (std::int64_t k = 0; k < words; ++k) {
            typename V::Floats column[N];
            for (int j = 0; j < N; ++j)
                column[j] = V::load(right + j * W / kPanelCols * b.panel + j * W % kPanelCols);
            for (int r = 0; r < kForm.rows; ++r) {
                const auto x = V::broadcast(left + r * a.row);
                for (int j = 0; j < N; ++j)
                    Element::add_products(sum[r][j], x, column[j]);
            }
            left += a.depth;
            right += kPanelCols;
        }
        store_tile<W, N, Rounding>(
            kForm.rows, [&](std::int64_t r, int j) { return sum[r][j]; }, o);
    }
};

}  // namespace mast::compute
