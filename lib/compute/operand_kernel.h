// Rows of operands (operand.h), read and written by vectors.
//
// To be included by kernels only.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "compute/bf16.h"
#include "compute/precision.h"
#include "compute/simd.h"

namespace mast::compute {

/// W bfloat16 side by side.
template <int W>
MAST_INLINE typename Simd<W>::Halves load_halves(const void* from) {
    typename Simd<W>::Halves halves;
    std::memcpy(&halves, from, sizeof halves);
    return halves;
}
/// The first `count` of them (fewer than W), then zeros.
template <int W>
MAST_INLINE typename Simd<W>::Halves load_first_halves(const void* from, std::int64_t count) {
    std::uint16_t padded[W] = {};
    std::memcpy(padded, from, static_cast<std::size_t>(count) * sizeof padded[0]);
    return load_halves<W>(padded);
}
template <int W, int... I>
MAST_INLINE typename Simd<W>::Floats interleave(const typename Simd<W>::Halves& first,
                                                const typename Simd<W>::Halves& second,
                                                std::integer_sequence<int, I...>) {
    const auto neighbours = __builtin_shufflevector(first, second, (I / 2 + I % 2 * W)...);
    typename Simd<W>::Floats words;
    static_assert(sizeof neighbours == sizeof words);
    std::memcpy(&words, &neighbours, sizeof words);
    return words;
}
/// Words of (first, second).
template <int W>
MAST_INLINE typename Simd<W>::Floats interleave(const typename Simd<W>::Halves& first,
                                                const typename Simd<W>::Halves& second) {
    return interleave<W>(first, second, std::make_integer_sequence<int, 2 * W>());
}
/// The floats that W bfloat16 stand for.
template <int W>
MAST_INLINE typename Simd<W>::Floats widen(const typename Simd<W>::Halves& halves) {
    return Simd<W>::from_bits(__builtin_convertvector(halves, typename Simd<W>::Words) << 16);
}
/// W floats, rounded.
template <int W, class B>
MAST_INLINE void store_halves(void* to, const typename Simd<W>::Floats& v) {
    const auto halves = B::halves(v);
    std::memcpy(to, &halves, sizeof halves);
}

/// A row of an operand from any of its columns on, W elements at a time. B: bf16.h.
template <int W, class T, class B>
struct OperandRow {
    using V = Simd<W>;
    using Floats = typename V::Floats;

    T* data;
    Precision precision;

    MAST_INLINE Floats load(std::int64_t col) const {
        if (precision == Precision::f32) return V::load(data + col);
        return widen<W>(load_halves<W>(half(col)));
    }
    /// The first `count` elements (fewer than W), then zeros.
    MAST_INLINE Floats load_first(std::int64_t col, std::int64_t count) const {
        if (precision == Precision::f32) return V::load_first(data + col, count);
        return widen<W>(load_first_halves<W>(half(col), count));
    }
    MAST_INLINE void store(std::int64_t col, const Floats& v) const {
        if (precision == Precision::f32) {
            V::store(data + col, v);
        } else {
            store_halves<W, B>(half(col), v);
        }
    }
    MAST_INLINE void store_first(std::int64_t col, const Floats& v, std::int64_t count) const {
        if (precision == Precision::f32) {
            V::store_first(data + col, v, count);
        } else {
            std::uint16_t padded[W];
            store_halves<W, B>(padded, v);
            std::memcpy(half(col), padded, static_cast<std::size_t>(count) * sizeof padded[0]);
        }
    }

  private:
    MAST_INLINE auto half(std::int64_t col) const {
        using Byte = std::conditional_t<std::is_const_v<T>, const char, char>;
        return reinterpret_cast<Byte*>(data) + 2 * col;
    }
};

}  // namespace mast::compute
