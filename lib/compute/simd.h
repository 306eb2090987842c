// Vectors of W floats and the elementary functions that own kernels need, written once for every W.
//
// To be included by kernels only. W may exceed what the machine has: the compiler then splits.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

#define MAST_INLINE inline __attribute__((always_inline))

// Every function here is inlined, so no vector ever crosses a call and its ABI cannot matter.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace mast::compute {

template <int W>
struct Simd {
    static_assert(std::has_single_bit(static_cast<unsigned>(W)));
    // typedef, not using: g++ drops the attribute from an alias whose size depends on W.
    // NOLINTBEGIN(modernize-use-using)
    typedef float Floats __attribute__((vector_size(W * sizeof(float))));
    typedef std::int32_t Ints __attribute__((vector_size(W * sizeof(std::int32_t))));
    typedef std::uint32_t Words __attribute__((vector_size(W * sizeof(std::uint32_t))));
    typedef std::uint16_t Halves __attribute__((vector_size(W * sizeof(std::uint16_t))));
    // NOLINTEND(modernize-use-using)
    static_assert(sizeof(Floats) == W * sizeof(float));

    static MAST_INLINE Floats load(const float* p) {
        Floats v;
        std::memcpy(&v, p, sizeof v);
        return v;
    }
    static MAST_INLINE Ints load(const std::int32_t* p) {
        Ints v;
        std::memcpy(&v, p, sizeof v);
        return v;
    }
    static MAST_INLINE void store(float* p, const Floats& v) { std::memcpy(p, &v, sizeof v); }
    static MAST_INLINE Floats all(float x) { return Floats{} + x; }
    /// The word at p in all places, whatever it stands for: no arithmetic touches it.
    static MAST_INLINE Floats broadcast(const float* p) {
        std::uint32_t word;
        std::memcpy(&word, p, sizeof word);
        return from_bits(Words{} + word);
    }
    static MAST_INLINE Floats max(const Floats& a, const Floats& b) { return a > b ? a : b; }
    static MAST_INLINE Floats abs(const Floats& x) { return from_bits(bits(x) & 0x7FFFFFFFU); }
    static MAST_INLINE Words bits(const Floats& x) { return __builtin_bit_cast(Words, x); }
    static MAST_INLINE Floats from_bits(const Words& b) { return __builtin_bit_cast(Floats, b); }

    /// x where mask is -1, 0 where it is 0.
    static MAST_INLINE Floats keep(const Ints& mask, const Floats& x) {
        return from_bits(bits(x) & __builtin_bit_cast(Words, mask));
    }

    /// The first `count` floats at p (fewer than W), then zeros.
    static MAST_INLINE Floats load_first(const float* p, std::int64_t count) {
        float padded[W] = {};
        for (std::int64_t i = 0; i < count; ++i)
            padded[i] = p[i];
        return load(padded);
    }
    static MAST_INLINE void store_first(float* p, const Floats& v, std::int64_t count) {
        float padded[W];
        store(padded, v);
        for (std::int64_t i = 0; i < count; ++i)
            p[i] = padded[i];
    }

    // Sums and maxima fold halves, an order that only W decides.
    static MAST_INLINE float sum(const Floats& v) {
        if constexpr (W == 2) {
            return lane<0>(v) + lane<1>(v);
        } else {
            using Half = Simd<W / 2>;
            return Half::sum(lower_half(v) + upper_half(v));
        }
    }
    static MAST_INLINE float largest(const Floats& v) {
        if constexpr (W == 2) {
            return lane<0>(v) > lane<1>(v) ? lane<0>(v) : lane<1>(v);
        } else {
            using Half = Simd<W / 2>;
            return Half::largest(Half::max(lower_half(v), upper_half(v)));
        }
    }

    /// eˣ for x <= 0, to 1.2e-7 relative; 0 below -87, NaN for NaN. Without meaning for x > 0.
    ///
    /// x = n ln 2 + r with |r| <= ln 2 / 2; eʳ = 1 + r + r² q(r), q fitted for the smallest largest
    /// relative error (3e-9) by Lawson's iteration.
    static MAST_INLINE Floats exp_negative(const Floats& x) {
        constexpr float kLog2E = 1.44269504F;
        constexpr float kLn2High = 0.693359375F;  // few bits, so that n * kLn2High is exact
        constexpr float kLn2Low = -2.12194440e-4F;
        constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it rounds to whole numbers
        constexpr std::uint32_t kOne = 0x3F800000U;
        const Floats shifted = x * kLog2E + kRound;
        const Floats n = shifted - kRound;
        Floats r = x - n * kLn2High;
        r = r - n * kLn2Low;
        Floats q = all(0.00138143485F);
        q = q * r + 0.00836883765F;
        q = q * r + 0.0416684002F;
        q = q * r + 0.166665196F;
        q = q * r + 0.49999994F;
        const Floats fraction = q * (r * r) + r + 1.0F;
        // The low bits of `shifted` hold n, which becomes the exponent of 2ⁿ.
        const Floats value = fraction * from_bits((bits(shifted) << 23) + kOne);
        return x < all(-87.0F) ? all(0.0F) : value;
    }

    /// e^(-x²/2) and Φ(x), the standard normal distribution, to 2e-7 absolute.
    ///
    /// Φ(-|x|) = t p(t) e^(-x²/2) with t = 1 / (1 + 0.26 |x|), p of degree 8 fitted for the
    /// smallest largest relative error (3e-8), so that the lower tail keeps its relative precision.
    /// B has the reciprocal (bf16.h).
    struct Normal {
        Floats bell;
        Floats phi;
    };
    template <class B>
    static MAST_INLINE Normal normal(const Floats& x) {
        const Floats t = B::reciprocal(abs(x) * 0.26F + 1.0F);
        Floats p = all(0.0304261709F);
        p = p * t - 0.152445694F;
        p = p * t + 0.250697945F;
        p = p * t - 0.150038216F;
        p = p * t + 0.160315328F;
        p = p * t + 0.0512992238F;
        p = p * t + 0.10296003F;
        p = p * t + 0.103026736F;
        p = p * t + 0.103758463F;
        const Floats bell = exp_negative(x * x * -0.5F);
        const Floats tail = p * t * bell;
        return {bell, x < all(0.0F) ? tail : 1.0F - tail};
    }

  private:
    template <int I>
    static MAST_INLINE float lane(const Floats& v) {
        float lanes[W];
        store(lanes, v);
        return lanes[I];
    }
    static MAST_INLINE auto lower_half(const Floats& v) {
        typename Simd<W / 2>::Floats half;
        std::memcpy(&half, &v, sizeof half);
        return half;
    }
    static MAST_INLINE auto upper_half(const Floats& v) {
        return upper_half(v, std::make_integer_sequence<int, W / 2>());
    }
    template <int... I>
    static MAST_INLINE auto upper_half(const Floats& v, std::integer_sequence<int, I...>) {
        return __builtin_shufflevector(v, v, (W / 2 + I)...);
    }
};

}  // namespace mast::compute
