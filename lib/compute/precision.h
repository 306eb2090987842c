// How the operands of a product are stored.
#pragma once

#include <cstdint>

namespace mast::compute {

/// bf16: bfloat16, the upper half of a float, two in a word of 32 bits. Sums are always in single
/// precision. The instructions of AVX512_BF16 and AMX take numbers below 1.2e-38 for zero; without
/// them they are kept.
enum class Precision { f32, bf16 };

/// Words along `depth` elements: one for each, or one for two, the first in the lower half.
constexpr std::int64_t words_of(std::int64_t depth, Precision precision) {
    return precision == Precision::f32 ? depth : (depth + 1) / 2;
}

}  // namespace mast::compute
