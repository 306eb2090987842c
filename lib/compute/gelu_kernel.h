// GELU and its derivative, for vectors of W floats.
//
// To be included by kernels only.
#pragma once

#include <numbers>

#include "compute/bf16.h"
#include "compute/simd.h"

namespace mast::compute {

/// One vector's worth of results. B: bf16.h.
template <int W, class B>
struct Gelu {
    typename Simd<W>::Floats out;
    typename Simd<W>::Floats slope;

    explicit MAST_INLINE Gelu(const typename Simd<W>::Floats& x) {
        constexpr float kBellHeight =
            std::numbers::inv_sqrtpi_v<float> / std::numbers::sqrt2_v<float>;
        const auto n = Simd<W>::template normal<B>(x);
        out = x * n.phi;
        slope = n.phi + x * n.bell * kBellHeight;
    }
};

}  // namespace mast::compute
