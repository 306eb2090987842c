// Gradients as bfloat16 while they travel.
#pragma once

#include <bit>
#include <cstdint>
#include <span>

namespace mast::train {

/// To the nearest bfloat16, ties to even; NaN stays NaN, and what is beyond the largest becomes
/// infinite.
inline std::uint16_t to_bf16(float x) {
    const auto bits = std::bit_cast<std::uint32_t>(x);
    const auto near = (bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U;
    const auto nan = (bits >> 16U) | 0x0040U;
    return static_cast<std::uint16_t>(x == x ? near : nan);
}

inline float from_bf16(std::uint16_t x) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(x) << 16U);
}

/// Both of one length.
inline void narrow(std::span<const float> from, std::span<std::uint16_t> to) {
    for (std::size_t i = 0; i < from.size(); ++i)
        to[i] = to_bf16(from[i]);
}

inline void widen(std::span<const std::uint16_t> from, std::span<float> to) {
    for (std::size_t i = 0; i < from.size(); ++i)
        to[i] = from_bf16(from[i]);
}

}  // namespace mast::train
