// Transposed copies, four by four, as the products want their operands.
#pragma once

#include <cstdint>

#include "compute/simd.h"

namespace mast::compute {

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

}  // namespace mast::compute
