// The products of attention: a tile of rows by a few columns, by vectors or by tile registers.
//
// To be included by kernels only.
#pragma once

#include <algorithm>
#include <cstdint>

#include "compute/amx_tile.h"
#include "compute/attention_plan.h"
#include "compute/simd.h"

namespace mast::compute {

/// a[r, k] = data[r * row + k * depth], words of a tile of rows.
struct TileRows {
    const float* data;
    std::int64_t row;
    std::int64_t depth;
};

/// A right operand, or a result: rows `stride` words apart.
template <class T>
struct TileColumns {
    T* data;
    std::int64_t stride;
};

/// By vectors of W floats; Element multiplies their words (f32.h, bf16.h).
template <int W, class Element>
struct VectorProducts {
    static constexpr AttentionTile kTile = kVectorTile;

    /// c (tile rows, `columns`) = sum over words k in `depths` of a[., k] b[k, .]; of b and c whole
    /// vectors of columns are read and written.
    static MAST_INLINE void product(const TileRows& a, const TileColumns<const float>& b,
                                    TokenRange depths, const TileColumns<float>& c,
                                    TokenRange columns) {
        std::int64_t j = columns.first / W * W;
        if constexpr (W >= 16) {  // there are registers for four
            for (; j + 3 * W < columns.last; j += 4 * W)
                some_columns<4>(a, b, depths, c, j);
        }
        for (; j + W < columns.last; j += 2 * W)
            some_columns<2>(a, b, depths, c, j);
        if (j < columns.last) some_columns<1>(a, b, depths, c, j);
    }

  private:
    template <int N>
    static MAST_INLINE void some_columns(const TileRows& a, const TileColumns<const float>& b,
                                         TokenRange depths, const TileColumns<float>& c,
                                         std::int64_t col) {
        using V = Simd<W>;
        typename V::Floats sum[kTile.rows][N];
        for (auto& row : sum) {
            for (auto& v : row)
                v = V::all(0.0F);
        }
        const std::int64_t first = std::min(depths.first, depths.last);
        const float* from = a.data + first * a.depth;
        const float* to = b.data + col + first * b.stride;
        for (std::int32_t k = depths.first; k < depths.last; ++k) {
            typename V::Floats column[N];
            for (int j = 0; j < N; ++j)
                column[j] = V::load(to + j * W);
            for (std::int64_t r = 0; r < kTile.rows; ++r) {
                const auto x = V::broadcast(from + r * a.row);
                for (int j = 0; j < N; ++j)
                    Element::add_products(sum[r][j], x, column[j]);
            }
            from += a.depth;
            to += b.stride;
        }
        for (std::int64_t r = 0; r < kTile.rows; ++r) {
            for (int j = 0; j < N; ++j)
                V::store(c.data + r * c.stride + col + j * W, sum[r][j]);
        }
    }
};

#if defined(__x86_64__)
/// By tile registers in the shape of kAmxWords. Rows of a lie side by side: a.depth is 1.
struct AmxProducts {
    static constexpr AttentionTile kTile = kAmxTile;
    static_assert(kTile.rows == 2 * kAmxRows && kTile.cols == 2 * kAmxWords &&
                  kTile.words == kAmxWords);

    /// The same; the ranges are widened to whole registers.
    static MAST_INLINE void product(const TileRows& a, const TileColumns<const float>& b,
                                    TokenRange depths, const TileColumns<float>& c,
                                    TokenRange columns) {
        const std::int64_t first = std::min(depths.first, depths.last) / kAmxWords * kAmxWords;
        for (std::int64_t j = columns.first / kTile.cols * kTile.cols; j < columns.last;
             j += kTile.cols) {
            AmxSums::clear<2>();
            AmxSums::add_products<2>(
                {a.data + first, a.row, kAmxWords},
                {b.data + first * b.stride + j, kAmxWords, b.stride, b.stride * kAmxWords},
                depths.last - first);
            AmxSums::store<2>(c.data + j, c.stride);
        }
    }
};
#endif

}  // namespace mast::compute
