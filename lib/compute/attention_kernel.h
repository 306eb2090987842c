// Attention of one (sample, head), for vectors of W floats: products, masked softmax and their
// gradients over padded working memory.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "compute/attention_plan.h"
#include "compute/simd.h"

namespace mast::compute {

/// a[r, k] = data[r * row + k * depth] of a tile of kTile rows.
struct TileRows {
    const float* data;
    std::int64_t row;
    std::int64_t depth;
};

/// c (kTile rows, columns first..last) = sum over k in `depths` of a[., k] b[k, .]; the columns are
/// whole vectors.
template <int W, int N>
MAST_INLINE void tile_columns(const TileRows& a, const float* b, std::int64_t b_stride,
                              TokenRange depths, float* c, std::int64_t c_stride) {
    using V = Simd<W>;
    typename V::Floats sum[kTile][N];
    for (auto& row : sum) {
        for (auto& v : row) v = V::all(0.0F);
    }
    const float* from = a.data + depths.first * a.depth;
    const float* to = b + depths.first * b_stride;
    for (std::int32_t k = depths.first; k < depths.last; ++k) {
        typename V::Floats column[N];
        for (int j = 0; j < N; ++j) column[j] = V::load(to + j * W);
        for (std::int64_t r = 0; r < kTile; ++r) {
            const float x = from[r * a.row];
            for (int j = 0; j < N; ++j) sum[r][j] += column[j] * x;
        }
        from += a.depth;
        to += b_stride;
    }
    for (std::int64_t r = 0; r < kTile; ++r) {
        for (int j = 0; j < N; ++j) V::store(c + r * c_stride + j * W, sum[r][j]);
    }
}

template <int W>
MAST_INLINE void tile_product(const TileRows& a, const float* b, std::int64_t b_stride,
                              TokenRange depths, float* c, std::int64_t c_stride,
                              TokenRange columns) {
    std::int64_t j = columns.first / W * W;
    for (; j + W < columns.last; j += 2 * W) {
        tile_columns<W, 2>(a, b + j, b_stride, depths, c + j, c_stride);
    }
    if (j < columns.last) tile_columns<W, 1>(a, b + j, b_stride, depths, c + j, c_stride);
}

/// to (4, .) = from (4, .)ᵀ for one block of four by four.
MAST_INLINE void transpose_block(const float* from, std::int64_t from_stride, float* to,
                                 std::int64_t stride) {
    using V = Simd<4>;
    const auto a = V::load(from);
    const auto b = V::load(from + from_stride);
    const auto c = V::load(from + 2 * from_stride);
    const auto d = V::load(from + 3 * from_stride);
    const auto ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    const auto ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const auto cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    const auto cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    V::store(to, __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5));
    V::store(to + stride, __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7));
    V::store(to + 2 * stride, __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5));
    V::store(to + 3 * stride, __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7));
}

/// to (cols, stride) = from (rows, cols)ᵀ; zeros in the columns of `to` from rows up to stride.
MAST_INLINE void transpose_padded(const float* from, std::int64_t from_stride, std::int64_t rows,
                                  std::int64_t cols, float* to, std::int64_t stride) {
    const std::int64_t whole_rows = rows / 4 * 4;
    const std::int64_t whole_cols = cols / 4 * 4;
    for (std::int64_t r = 0; r < whole_rows; r += 4) {
        for (std::int64_t c = 0; c < whole_cols; c += 4) {
            transpose_block(from + r * from_stride + c, from_stride, to + c * stride + r, stride);
        }
    }
    for (std::int64_t c = 0; c < cols; ++c) {
        for (std::int64_t r = c < whole_cols ? whole_rows : 0; r < stride; ++r) {
            to[c * stride + r] = r < rows ? from[r * from_stride + c] : 0.0F;
        }
    }
}

/// to (all_rows, stride) = from (rows, cols), zeros around it.
MAST_INLINE void copy_padded(const float* from, std::int64_t from_stride, std::int64_t rows,
                             std::int64_t cols, float* to, std::int64_t all_rows,
                             std::int64_t stride) {
    for (std::int64_t r = 0; r < rows; ++r) {
        float* row = to + r * stride;
        std::memcpy(row, from + r * from_stride, static_cast<std::size_t>(cols) * sizeof(float));
        std::fill(row + cols, row + stride, 0.0F);
    }
    std::fill(to + rows * stride, to + all_rows * stride, 0.0F);
}

template <int W>
MAST_INLINE typename Simd<W>::Ints allowed(const std::int32_t* attend, const std::int32_t* valid) {
    return Simd<W>::load(attend) & Simd<W>::load(valid);
}

/// scores (cols) of one row become probabilities: 0 where the mask forbids and outside `keys`.
template <int W>
MAST_INLINE void masked_softmax(float* scores, const std::int32_t* attend,
                                const std::int32_t* valid, TokenRange keys, float scale,
                                std::int64_t cols) {
    using V = Simd<W>;
    const std::int64_t first = keys.first / W * W;
    const std::int64_t last = (keys.last + W - 1) / W * W;
    if (keys.first >= keys.last) {
        std::fill(scores, scores + cols, 0.0F);
        return;
    }
    auto top = V::all(-__builtin_inff());
    for (std::int64_t k = first; k < last; k += W) {
        top = V::max(allowed<W>(attend + k, valid + k) != 0 ? V::load(scores + k) : V::all(-__builtin_inff()), top);
    }
    const float largest = V::largest(top);
    auto sum = V::all(0.0F);
    for (std::int64_t k = first; k < last; k += W) {
        const auto e = V::keep(allowed<W>(attend + k, valid + k), V::exp((V::load(scores + k) - largest) * scale));
        V::store(scores + k, e);
        sum += e;
    }
    const float total = V::sum(sum);
    const float share = total == 0.0F ? 0.0F : 1.0F / total;
    for (std::int64_t k = first; k < last; k += W) {
        V::store(scores + k, V::load(scores + k) * share);
    }
    std::fill(scores, scores + first, 0.0F);
    std::fill(scores + last, scores + cols, 0.0F);
}

}  // namespace mast::compute
