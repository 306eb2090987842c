// The factors of dropout (0 or 1 / q) in chunks of 128 elements, for vectors of W floats.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "compute/dropout.h"
#include "compute/simd.h"

namespace mast::compute {

/// Elements of a chunk: 16 blocks (the lanes of the widest vector) of eight 16-bit halves.
inline constexpr std::int64_t kDropoutChunk = 128;
inline constexpr std::int64_t kDropoutLanes = 16;

/// A key, ready for kernels.
struct DropoutStream {
    std::array<std::uint32_t, 5> key;  ///< of Threefry, with its parity word
    std::uint32_t objective;
    std::uint32_t sample;
    std::uint32_t site;
    std::int32_t dropped;  ///< out of 65536; 0: nothing is dropped
    float scale;           ///< of what is kept
};

DropoutStream dropout_stream(const DropoutKey& key);

template <int W>
struct Threefry {
    using Words = typename Simd<W>::Words;

    Words x[4];

    template <unsigned Bits>
    static MAST_INLINE Words rotate(const Words& v) {
        return (v << Bits) | (v >> (32 - Bits));
    }
    /// Rounds 2 i and 2 i + 1: the second pairs the words the other way round.
    template <unsigned A, unsigned B, unsigned C, unsigned D>
    MAST_INLINE void two_rounds() {
        x[0] += x[1];
        x[1] = rotate<A>(x[1]) ^ x[0];
        x[2] += x[3];
        x[3] = rotate<B>(x[3]) ^ x[2];
        x[0] += x[3];
        x[3] = rotate<C>(x[3]) ^ x[0];
        x[2] += x[1];
        x[1] = rotate<D>(x[1]) ^ x[2];
    }
    MAST_INLINE void four_rounds() {
        two_rounds<10, 26, 11, 21>();
        two_rounds<13, 27, 23, 5>();
    }
    MAST_INLINE void four_more_rounds() {
        two_rounds<6, 20, 17, 11>();
        two_rounds<25, 10, 18, 20>();
    }
    template <unsigned I>
    MAST_INLINE void inject(const std::array<std::uint32_t, 5>& key) {
        x[0] += key[I % 5];
        x[1] += key[(I + 1) % 5];
        x[2] += key[(I + 2) % 5];
        x[3] += key[(I + 3) % 5] + I;
    }
    /// 20 rounds. The counter stands in x, and is replaced by random bits.
    MAST_INLINE void run(const std::array<std::uint32_t, 5>& key) {
        inject<0>(key);
        four_rounds();
        inject<1>(key);
        four_more_rounds();
        inject<2>(key);
        four_rounds();
        inject<3>(key);
        four_more_rounds();
        inject<4>(key);
        four_rounds();
        inject<5>(key);
    }
};

/// first, first + step, first + 2 step ... Written to memory first: g++ 12 breaks down where it
/// works with words that it knows to be equal.
template <int W>
MAST_INLINE typename Simd<W>::Words count_up(std::uint32_t first, std::uint32_t step) {
    std::uint32_t number[W];
    for (std::uint32_t lane = 0; lane < W; ++lane)
        number[lane] = first + lane * step;
    typename Simd<W>::Words words;
    // cppcheck-suppress uninitvar  // it tries W = 0
    std::memcpy(&words, number, sizeof words);
    return words;
}

/// factors (128) of chunk number `chunk` of a sample.
template <int W>
MAST_INLINE void dropout_chunk(const DropoutStream& s, std::uint32_t sample, std::int64_t chunk,
                               float* factors) {
    using V = Simd<W>;
    using Ints = typename V::Ints;
    static_assert(W <= kDropoutLanes);
    for (std::int64_t lane = 0; lane < kDropoutLanes; lane += W) {
        const auto block = static_cast<std::uint32_t>(chunk * kDropoutLanes + lane);
        Threefry<W> bits{{count_up<W>(block, 1), count_up<W>(sample, 0), count_up<W>(s.site, 0),
                          count_up<W>(s.objective, 0)}};
        bits.run(s.key);
        for (std::int64_t word = 0; word < 4; ++word) {
            const auto low = __builtin_bit_cast(Ints, bits.x[word] & 0xFFFFU);
            const auto high = __builtin_bit_cast(Ints, bits.x[word] >> 16U);
            float* to = factors + 2 * word * kDropoutLanes + lane;
            V::store(to, V::keep(low >= s.dropped, V::all(s.scale)));
            V::store(to + kDropoutLanes, V::keep(high >= s.dropped, V::all(s.scale)));
        }
    }
}

}  // namespace mast::compute
