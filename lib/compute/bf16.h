// Rounding to bfloat16, and its pairs (precision.h).
//
// To be included by kernels only.
#pragma once

#include <cstdint>
#include <utility>

#include "compute/simd.h"

namespace mast::compute {

template <int W>
class Bf16 {
  public:
    using V = Simd<W>;
    using Words = typename V::Words;
    using Floats = typename V::Floats;

    /// x rounded to the nearest bfloat16, ties to even, in the upper half of each word; the lower
    /// half is zero. NaN stays NaN, and what is beyond the largest becomes infinite.
    static MAST_INLINE Words rounded(const Floats& x) {
        const Words bits = V::bits(x);
        const Words near = (bits + 0x7FFFU + ((bits >> 16) & 1U)) & 0xFFFF0000U;
        const Words nan = (bits | 0x00400000U) & 0xFFFF0000U;
        return x == x ? near : nan;
    }
    /// Words of (first, second), both rounded.
    static MAST_INLINE Floats pair(const Floats& first, const Floats& second) {
        return V::from_bits((rounded(first) >> 16) | rounded(second));
    }
    /// The words of 2 W neighbours, `low` and then `high`.
    static MAST_INLINE Floats pairs(const Floats& low, const Floats& high) {
        return pairs(low, high, std::make_integer_sequence<int, W>());
    }
    static MAST_INLINE Floats first(const Floats& words) {
        return V::from_bits(V::bits(words) << 16);
    }
    static MAST_INLINE Floats second(const Floats& words) {
        return V::from_bits(V::bits(words) & 0xFFFF0000U);
    }

  private:
    template <int... I>
    static MAST_INLINE Floats pairs(const Floats& low, const Floats& high,
                                    std::integer_sequence<int, I...>) {
        return pair(__builtin_shufflevector(low, high, (2 * I)...),
                    __builtin_shufflevector(low, high, (2 * I + 1)...));
    }
};

}  // namespace mast::compute
