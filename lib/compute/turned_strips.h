// Strips for tile registers: columns of a matrix become rows of 16 words.
//
// To be included by kernels only.
#pragma once

#include <algorithm>
#include <cstdint>

#include "compute/pack_kernel.h"
#include "compute/simd.h"
#include "compute/turn.h"

namespace mast::compute {

/// Where the sixteen columns from `col` on go: a half of a strip.
struct HalfStrip {
    std::int64_t col;
    float* to;  ///< their rows of the first step of words
};

/// Words k .. k + 15 of a half; those that no row of the matrix has are zero. sum += the columns.
template <class Rows>
MAST_INLINE void turn_step(const PackArgs& args, const HalfStrip& half, std::int64_t k,
                           Simd<16>::Floats& sum) {
    using V = Simd<16>;
    V::Floats rows[16];
    const std::int64_t cols = std::clamp<std::int64_t>(args.cols - half.col, 0, 16);
    if (cols == 16 && (k + 16) * Rows::kRows <= args.rows) {
        const typename Rows::Whole read(args, half.col);
        for (int i = 0; i < 16; ++i)
            rows[i] = Rows::words(k + i, args.rows, true, read, sum);
    } else {
        const typename Rows::First read(args, half.col, cols);
        for (int i = 0; i < 16; ++i) {
            rows[i] =
                k + i < args.words ? Rows::words(k + i, args.rows, false, read, sum) : V::all(0.0F);
        }
    }
    turn_square(rows);
    float* const to = half.to + k * kAmxForm.rows;
    for (int i = 0; i < 16; ++i)
        V::store(to + i * 16, rows[i]);
}

/// Words begin..end of all strips; begin is a whole number of steps.
template <class Rows>
MAST_INLINE void some_turned_strips(PackArgs args, std::int64_t begin, std::int64_t end) {
    using V = Simd<16>;
    static_assert(kAmxForm.rows == 32 && kAmxForm.words == 16 && kWordsAtOnce % 16 == 0);
    float* const sums =
        args.sums == nullptr ? nullptr : args.sums + begin / kWordsAtOnce * args.cols;
    const std::int64_t strip_floats = kAmxForm.rows * kAmxForm.padded(args.words);
    for (std::int64_t strip = 0; strip * 32 < args.cols; ++strip) {
        float* const to = args.to + strip * strip_floats;
        const HalfStrip first{strip * 32, to};
        const HalfStrip second{strip * 32 + 16, to + 16 * 16};
        V::Floats sum[2] = {};
        // Side by side: both are in the same lines of the matrix.
        for (std::int64_t k = begin; k < end; k += 16) {
            turn_step<Rows>(args, first, k, sum[0]);
            turn_step<Rows>(args, second, k, sum[1]);
        }
        if (sums == nullptr) continue;
        for (const auto& [half, of] : {std::pair{first, &sum[0]}, std::pair{second, &sum[1]}}) {
            const std::int64_t cols = std::clamp<std::int64_t>(args.cols - half.col, 0, 16);
            V::store_first(sums + half.col, *of, cols);
        }
    }
}

}  // namespace mast::compute
