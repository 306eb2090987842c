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
        return x == x ? near : nan;  // NOLINT(misc-redundant-expression)
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

#if defined(__x86_64__)
/// The same two by the instruction of AVX512_BF16, which treats denormal numbers as zero.
template <int W>
class Bf16Native {
  public:
    static_assert(W == 8 || W == 16);
    using Words = typename Simd<W>::Words;
    using Floats = typename Simd<W>::Floats;

    static MAST_INLINE Floats pair(const Floats& first, const Floats& second) {
        // Halves of words: those of `first`, then those of `second`, become neighbours.
        return pair(pairs(first, second), std::make_integer_sequence<int, W>());
    }
    static MAST_INLINE Floats pairs(const Floats& low, const Floats& high) {
        Floats words;
        // By hand, because a built-in function could not be inlined into templates for others.
        asm("vcvtne2ps2bf16 %1, %2, %0" : "=v"(words) : "v"(low), "v"(high));
        return words;
    }

  private:
    // NOLINTNEXTLINE(modernize-use-using): as in simd.h
    typedef std::uint16_t Halves __attribute__((vector_size(W * sizeof(float))));

    template <int... I>
    static MAST_INLINE Floats pair(const Floats& words, std::integer_sequence<int, I...>) {
        Halves halves;
        std::memcpy(&halves, &words, sizeof halves);
        // cppcheck-suppress constStatement  // it does not know the built-in function
        const Halves neighbours = __builtin_shufflevector(halves, halves, (I / 2 + I % 2 * W)...,
                                                          ((I + W) / 2 + I % 2 * W)...);
        Floats out;
        std::memcpy(&out, &neighbours, sizeof out);
        return out;
    }
};
#endif

}  // namespace mast::compute
