// bfloat16: rounding to it, its pairs (precision.h) and their products. Bf16 computes as any
// machine can, Bf16Native by the instructions of AVX512_BF16, which treat denormal numbers as zero;
// a kernel takes one of them as its parameter B.
//
// To be included by kernels only.
#pragma once

#include <cstdint>
#include <cstring>
#include <utility>

#include "compute/isa.h"
#include "compute/simd.h"

namespace mast::compute {

template <int W>
class Bf16 {
  public:
    using V = Simd<W>;
    using Words = typename V::Words;
    using Floats = typename V::Floats;
    using Halves = typename V::Halves;
    /// The same for other vectors.
    template <int Other>
    using Of = Bf16<Other>;
    using Rounding = Bf16;

    /// x rounded to the nearest bfloat16, ties to even, in the upper half of each word; the lower
    /// half is zero. NaN stays NaN, and what is beyond the largest becomes infinite.
    static MAST_INLINE Words rounded(const Floats& x) {
        const Words bits = V::bits(x);
        const Words near = (bits + 0x7FFFU + ((bits >> 16) & 1U)) & 0xFFFF0000U;
        const Words nan = (bits | 0x00400000U) & 0xFFFF0000U;
        return x == x ? near : nan;  // NOLINT(misc-redundant-expression)
    }
    /// The same without the zeros.
    static MAST_INLINE Halves halves(const Floats& x) {
        return __builtin_convertvector(rounded(x) >> 16, Halves);
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

    static MAST_INLINE Floats reciprocal(const Floats& x) { return 1.0F / x; }

    /// sum += both products of each word; `left` is the same word in all places.
    static MAST_INLINE void add_products(Floats& sum, const Floats& left, const Floats& right) {
        sum += first(right) * first(left);
        sum += second(right) * second(left);
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
template <int W>
class Bf16Native {
  public:
    static_assert(W == 8 || W == 16);
    using Words = typename Simd<W>::Words;
    using Floats = typename Simd<W>::Floats;
    using Halves = typename Simd<W>::Halves;
    template <int Other>
    using Of = Bf16Native<Other>;
    using Rounding = Bf16Native;

    // By hand, because built-in functions could not be inlined into templates for others.
    static MAST_INLINE Halves halves(const Floats& x) {
        Halves halves;
        asm("vcvtneps2bf16 %1, %0" : "=v"(halves) : "v"(x));
        return halves;
    }

    static MAST_INLINE Floats pair(const Floats& first, const Floats& second) {
        // Halves of words: those of `first`, then those of `second`, become neighbours.
        return pair(pairs(first, second), std::make_integer_sequence<int, W>());
    }
    static MAST_INLINE Floats pairs(const Floats& low, const Floats& high) {
        Floats words;
        asm("vcvtne2ps2bf16 %1, %2, %0" : "=v"(words) : "v"(low), "v"(high));
        return words;
    }
    static MAST_INLINE Floats reciprocal(const Floats& x) { return 1.0F / x; }
    static MAST_INLINE void add_products(Floats& sum, const Floats& left, const Floats& right) {
        // On a copy: g++ keeps an array whose elements an asm changes in memory.
        Floats next = sum;
        asm("vdpbf16ps %2, %1, %0" : "+v"(next) : "v"(right), "v"(left));
        sum = next;
    }

  private:
    // NOLINTNEXTLINE(modernize-use-using): as in simd.h
    typedef std::uint16_t Pairs __attribute__((vector_size(W * sizeof(float))));

    template <int... I>
    static MAST_INLINE Floats pair(const Floats& words, std::integer_sequence<int, I...>) {
        Pairs halves;
        std::memcpy(&halves, &words, sizeof halves);
        // cppcheck-suppress constStatement  // it does not know the built-in function
        const Pairs neighbours = __builtin_shufflevector(halves, halves, (I / 2 + I % 2 * W)...,
                                                         ((I + W) / 2 + I % 2 * W)...);
        Floats out;
        std::memcpy(&out, &neighbours, sizeof out);
        return out;
    }
};
#endif

}  // namespace mast::compute

#if defined(__x86_64__)
#define MAST_NATIVE_BF16(NAME, Args)                                            \
    MAST_TARGET_AVX512 void NAME##_native(const Args& args, std::int64_t first, \
                                          std::int64_t last) {                  \
        NAME<16, ::mast::compute::Bf16Native<16>>(args, first, last);           \
    }
#else
#define MAST_NATIVE_BF16(NAME, Args) \
    static constexpr auto NAME##_native = &NAME##_emulated_baseline;
#endif

/// MAST_KERNEL (isa.h) for NAME<W, B>.
#define MAST_BF16_KERNEL(NAME, Args)                                                            \
    template <int W>                                                                            \
    MAST_INLINE void NAME##_emulated(const Args& args, std::int64_t first, std::int64_t last) { \
        NAME<W, ::mast::compute::Bf16<W>>(args, first, last);                                   \
    }                                                                                           \
    MAST_KERNEL(NAME##_emulated, Args);                                                         \
    MAST_NATIVE_BF16(NAME, Args)                                                                \
    auto NAME##_here() {                                                                        \
        return ::mast::compute::multiplies_bf16() ? NAME##_native : NAME##_emulated_here();     \
    }                                                                                           \
    static_assert(true)
