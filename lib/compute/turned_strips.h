// Strips for tile registers: columns of a matrix become rows of 16 words.
//
// To be included by kernels only.
#pragma once

#include <algorithm>
#include <cstdint>

#include "compute/pack_kernel.h"
#include "compute/simd.h"

namespace mast::compute {

/// Sixteen rows of 16 words, turned by exchanging words, pairs of words, and then lanes of four.
class Turn {
  public:
    using Floats = typename Simd<16>::Floats;

    static MAST_INLINE void turn(Floats (&rows)[16]) {
        Floats fours[16];  // 4 i + j: of rows 4 i to 4 i + 3, words j, 4 + j, 8 + j and 12 + j
        for (int i = 0; i < 16; i += 4) {
            const Floats ab_low = low_words(rows[i], rows[i + 1]);
            const Floats ab_high = high_words(rows[i], rows[i + 1]);
            const Floats cd_low = low_words(rows[i + 2], rows[i + 3]);
            const Floats cd_high = high_words(rows[i + 2], rows[i + 3]);
            fours[i] = low_pairs(ab_low, cd_low);
            fours[i + 1] = high_pairs(ab_low, cd_low);
            fours[i + 2] = low_pairs(ab_high, cd_high);
            fours[i + 3] = high_pairs(ab_high, cd_high);
        }
        for (int j = 0; j < 4; ++j) {
            const Floats even_ab = even_lanes(fours[j], fours[4 + j]);
            const Floats even_cd = even_lanes(fours[8 + j], fours[12 + j]);
            const Floats odd_ab = odd_lanes(fours[j], fours[4 + j]);
            const Floats odd_cd = odd_lanes(fours[8 + j], fours[12 + j]);
            rows[j] = even_lanes(even_ab, even_cd);
            rows[4 + j] = even_lanes(odd_ab, odd_cd);
            rows[8 + j] = odd_lanes(even_ab, even_cd);
            rows[12 + j] = odd_lanes(odd_ab, odd_cd);
        }
    }

  private:
    static MAST_INLINE Floats low_words(const Floats& a, const Floats& b) {
        return __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13,
                                       29);
    }
    static MAST_INLINE Floats high_words(const Floats& a, const Floats& b) {
        return __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15,
                                       31);
    }
    static MAST_INLINE Floats low_pairs(const Floats& a, const Floats& b) {
        return __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28,
                                       29);
    }
    static MAST_INLINE Floats high_pairs(const Floats& a, const Floats& b) {
        return __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30,
                                       31);
    }
    static MAST_INLINE Floats even_lanes(const Floats& a, const Floats& b) {
        return __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26,
                                       27);
    }
    static MAST_INLINE Floats odd_lanes(const Floats& a, const Floats& b) {
        return __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30,
                                       31);
    }
};

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
    Turn::turn(rows);
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
