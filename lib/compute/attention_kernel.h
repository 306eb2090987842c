// Attention of one (sample, head), for vectors of W floats: products and masked softmax over padded
// working memory.
//
// To be included by kernels only.
#pragma once

#include <algorithm>
#include <cstdint>

#include "compute/attention_plan.h"
#include "compute/attention_words.h"
#include "compute/operand.h"
#include "compute/operand_kernel.h"
#include "compute/simd.h"
#include "compute/transpose.h"

namespace mast::compute {

/// a[r, k] = data[r * row + k * depth], words of a tile of kTile rows.
struct TileRows {
    const float* data;
    std::int64_t row;
    std::int64_t depth;
};

/// c (kTile rows, columns first..last) = sum over words k in `depths` of a[., k] b[k, .]; the
/// columns are whole vectors.
template <int W, int N, class Element>
MAST_INLINE void tile_columns(const TileRows& a, const float* b, std::int64_t b_stride,
                              TokenRange depths, float* c, std::int64_t c_stride) {
    using V = Simd<W>;
    typename V::Floats sum[kTile][N];
    for (auto& row : sum) {
        for (auto& v : row)
            v = V::all(0.0F);
    }
    const std::int64_t first = std::min(depths.first, depths.last);
    const float* from = a.data + first * a.depth;
    const float* to = b + first * b_stride;
    for (std::int32_t k = depths.first; k < depths.last; ++k) {
        typename V::Floats column[N];
        for (int j = 0; j < N; ++j)
            column[j] = V::load(to + j * W);
        for (std::int64_t r = 0; r < kTile; ++r) {
            const auto x = V::broadcast(from + r * a.row);
            for (int j = 0; j < N; ++j)
                Element::add_products(sum[r][j], x, column[j]);
        }
        from += a.depth;
        to += b_stride;
    }
    for (std::int64_t r = 0; r < kTile; ++r) {
        for (int j = 0; j < N; ++j)
            V::store(c + r * c_stride + j * W, sum[r][j]);
    }
}

template <int W, class Element>
MAST_INLINE void attention_product(const TileRows& a, const float* b, std::int64_t b_stride,
                                   TokenRange depths, float* c, std::int64_t c_stride,
                                   TokenRange columns) {
    std::int64_t j = columns.first / W * W;
    for (; j + W < columns.last; j += 2 * W) {
        tile_columns<W, 2, Element>(a, b + j, b_stride, depths, c + j, c_stride);
    }
    if (j < columns.last) tile_columns<W, 1, Element>(a, b + j, b_stride, depths, c + j, c_stride);
}

/// from (count) goes to a row of `to`, from column `col` on.
template <int W, class B>
MAST_INLINE void put_row(const float* from, std::int64_t count, const Operand<float>& to,
                         std::int64_t row, std::int64_t col) {
    using V = Simd<W>;
    const OperandRow<W, float, B> out{to.row(row), to.precision};
    std::int64_t i = 0;
    for (; i + W <= count; i += W)
        out.store(col + i, V::load(from + i));
    if (i < count) out.store_first(col + i, V::load_first(from + i, count - i), count - i);
}

/// The same with zeros.
template <int W>
MAST_INLINE void zero_row(std::int64_t count, const Operand<float>& to, std::int64_t row,
                          std::int64_t col) {
    using V = Simd<W>;
    const OperandRow<W, float, Bf16<W>> out{to.row(row), to.precision};
    std::int64_t i = 0;
    for (; i + W <= count; i += W)
        out.store(col + i, V::all(0.0F));
    if (i < count) out.store_first(col + i, V::all(0.0F), count - i);
}

/// The part of a tile of `all` rows that exists.
MAST_INLINE std::int64_t rows_of_tile(std::int64_t all, std::int64_t row) {
    return std::min(kTile, all - row);
}

/// scores (cols) of one row become probabilities: 0 where the mask forbids and outside `keys`.
template <int W>
MAST_INLINE void masked_softmax(float* scores, const std::int32_t* attend, TokenRange keys,
                                float scale, std::int64_t cols) {
    using V = Simd<W>;
    const std::int64_t first = keys.first / W * W;
    const std::int64_t last = (keys.last + W - 1) / W * W;
    if (keys.first >= keys.last) {
        clear_row<W>(scores, cols);
        return;
    }
    auto top = V::all(-__builtin_inff());
    for (std::int64_t k = first; k < last; k += W) {
        top =
            V::max(V::load(attend + k) != 0 ? V::load(scores + k) : V::all(-__builtin_inff()), top);
    }
    const float largest = V::largest(top);
    auto sum = V::all(0.0F);
    for (std::int64_t k = first; k < last; k += W) {
        // A forbidden score may exceed the largest allowed one; whatever comes of it is dropped.
        const auto e = V::exp_negative((V::load(scores + k) - largest) * scale);
        const auto kept = V::keep(V::load(attend + k), e);
        V::store(scores + k, kept);
        sum += kept;
    }
    const float total = V::sum(sum);
    const float share = total == 0.0F ? 0.0F : 1.0F / total;
    for (std::int64_t k = first; k < last; k += W) {
        V::store(scores + k, V::load(scores + k) * share);
    }
    clear_row<W>(scores, first);
    clear_row<W>(scores + last, cols - last);
}

}  // namespace mast::compute
