// How a word of the left operand of a product, in all places, and a vector of words of the right
// one are multiplied and added to sums. A word is a float, or two bfloat16 (precision.h).
//
// To be included by kernels only.
#pragma once

#include "compute/bf16.h"
#include "compute/simd.h"

namespace mast::compute {

template <int W>
struct DotF32 {
    using Floats = typename Simd<W>::Floats;
    static MAST_INLINE void add(Floats& sum, const Floats& left, const Floats& right) {
        sum += right * left;
    }
};

/// Two products for each word, where the machine multiplies single precision only.
template <int W>
struct DotBf16 {
    using Floats = typename Simd<W>::Floats;
    static MAST_INLINE void add(Floats& sum, const Floats& left, const Floats& right) {
        sum += Bf16<W>::first(right) * Bf16<W>::first(left);
        sum += Bf16<W>::second(right) * Bf16<W>::second(left);
    }
};

#if defined(__x86_64__)
/// The same by one instruction of AVX512_BF16, which treats denormal numbers as zero.
template <int W>
struct DotBf16Native {
    static_assert(W == 16);
    using Floats = typename Simd<W>::Floats;
    // By hand, because a built-in function could not be inlined into templates for other machines.
    static MAST_INLINE void add(Floats& sum, const Floats& left, const Floats& right) {
        // On a copy: g++ keeps an array whose elements an asm changes in memory.
        Floats next = sum;
        asm("vdpbf16ps %2, %1, %0" : "+v"(next) : "v"(right), "v"(left));
        sum = next;
    }
};
#endif

}  // namespace mast::compute
