// Single precision, as bf16.h has bfloat16: words of one element.
//
// To be included by kernels only.
#pragma once

#include "compute/bf16.h"
#include "compute/simd.h"

namespace mast::compute {

template <int W>
struct F32 {
    using Floats = typename Simd<W>::Floats;
    /// Of results that are wanted in bfloat16.
    using Rounding = Bf16<W>;

    /// sum += the product of each word; `left` is the same word in all places.
    static MAST_INLINE void add_products(Floats& sum, const Floats& left, const Floats& right) {
        sum += right * left;
    }
};

}  // namespace mast::compute
