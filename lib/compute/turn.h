// Squares of 16 by 16 words, turned in registers.
//
// To be included by kernels only.
#pragma once

#include "compute/simd.h"

namespace mast::compute {

namespace square {

using Floats = typename Simd<16>::Floats;

MAST_INLINE Floats low_words(const Floats& a, const Floats& b) {
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
}
MAST_INLINE Floats high_words(const Floats& a, const Floats& b) {
    return __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15,
                                   31);
}
MAST_INLINE Floats low_pairs(const Floats& a, const Floats& b) {
    return __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
}
MAST_INLINE Floats high_pairs(const Floats& a, const Floats& b) {
    return __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30,
                                   31);
}
MAST_INLINE Floats even_lanes(const Floats& a, const Floats& b) {
    return __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
}
MAST_INLINE Floats odd_lanes(const Floats& a, const Floats& b) {
    return __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30,
                                   31);
}

}  // namespace square

/// Sixteen rows of 16 words become columns, by exchanging words, pairs of words, and then lanes of
/// four.
MAST_INLINE void turn_square(Simd<16>::Floats (&rows)[16]) {
    using namespace square;
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

}  // namespace mast::compute
