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

namespace mast::compute {

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

/// The rows of a tile that exist, of `all`.
template <class Words>
MAST_INLINE std::int64_t rows_of_tile(std::int64_t all, std::int64_t row) {
    return std::min(Words::Products::kTile.rows, all - row);
}

/// Rows whose softmax is worked out side by side, so that none waits for the sums of its vector.
inline constexpr std::int64_t kSoftmaxRows = 8;

/// scores (up to kSoftmaxRows rows, cols) become probabilities: 0 where the mask, attend
/// (rows, cols), forbids and outside `keys`.
template <int W>
MAST_INLINE void masked_softmax(float* scores, const std::int32_t* attend, std::int64_t rows,
                                TokenRange keys, float scale, std::int64_t cols) {
    using V = Simd<W>;
    const std::int64_t first = keys.first < keys.last ? keys.first / W * W : 0;
    const std::int64_t last = keys.first < keys.last ? (keys.last + W - 1) / W * W : 0;
    float largest[kSoftmaxRows];
    for (std::int64_t r = 0; r < rows; ++r) {
        auto top = V::all(-__builtin_inff());
        for (std::int64_t k = r * cols + first; k < r * cols + last; k += W) {
            top = V::max(V::load(attend + k) != 0 ? V::load(scores + k) : V::all(-__builtin_inff()),
                         top);
        }
        largest[r] = V::largest(top);
    }
    float share[kSoftmaxRows];
    for (std::int64_t r = 0; r < rows; ++r) {
        auto sum = V::all(0.0F);
        for (std::int64_t k = r * cols + first; k < r * cols + last; k += W) {
            // A forbidden score may exceed the largest allowed one; whatever comes of it is
            // dropped.
            const auto e = V::exp_negative((V::load(scores + k) - largest[r]) * scale);
            const auto kept = V::keep(V::load(attend + k), e);
            V::store(scores + k, kept);
            sum += kept;
        }
        const float total = V::sum(sum);
        share[r] = total == 0.0F ? 0.0F : 1.0F / total;
    }
    for (std::int64_t r = 0; r < rows; ++r) {
        float* const row = scores + r * cols;
        clear_row<W>(row, first);
        for (std::int64_t k = first; k < last; k += W)
            V::store(row + k, V::load(row + k) * share[r]);
        clear_row<W>(row + last, cols - last);
    }
}

}  // namespace mast::compute
