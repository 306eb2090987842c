// The tile registers of AMX: eight of them, each up to 16 rows of 16 words. Four hold sums, two
// parts of a left operand and two of a right one.
//
// To be included by kernels only; for machines whose isa() is Isa::amx.
#pragma once

#include <cstdint>

#include "compute/simd.h"

namespace mast::compute {

/// Rows of a register, and words of a row.
inline constexpr std::int64_t kAmxRows = 16;
inline constexpr std::int64_t kAmxWords = 16;

#if defined(__x86_64__)

/// The calling thread's, from here to the end of the scope, shaped for `words` (1 to 16) along the
/// depth: sums (16, 16) += left (16, words) right (words, 16). They are zero at first.
class AmxRegisters {
  public:
    explicit MAST_INLINE AmxRegisters(std::int64_t words) {
        for (int i = 0; i < 8; ++i) {
            const bool is_left = i == 4 || i == 5;
            const bool is_right = i > 5;
            row_bytes_[i] = static_cast<std::uint16_t>(4 * (is_left ? words : kAmxWords));
            rows_[i] = static_cast<std::uint8_t>(is_right ? words : kAmxRows);
        }
        // By hand, as in bf16.h.
        asm volatile("ldtilecfg %0" : : "m"(*this));
    }
    MAST_INLINE ~AmxRegisters() { asm volatile("tilerelease"); }
    AmxRegisters(const AmxRegisters&) = delete;
    AmxRegisters& operator=(const AmxRegisters&) = delete;

  private:
    // The order of these is the processor's.
    [[maybe_unused]] std::uint8_t palette_ = 1;
    [[maybe_unused]] std::uint8_t unused_[15] = {};
    std::uint16_t row_bytes_[16] = {};
    std::uint8_t rows_[16] = {};
};
static_assert(sizeof(AmxRegisters) == 64);

/// Register I = rows at `from`, `stride` words apart.
template <int I>
MAST_INLINE void amx_load(const float* from, std::int64_t stride) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(4 * stride), "i"(I) : "memory");
}
template <int I>
MAST_INLINE void amx_store(float* to, std::int64_t stride) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(4 * stride), "i"(I) : "memory");
}
template <int I>
MAST_INLINE void amx_zero() {
    asm volatile("tilezero %%tmm%c0" : : "i"(I));
}
/// Register Sum += the products of bfloat16 of registers Left and Right.
template <int Sum, int Left, int Right>
MAST_INLINE void amx_add_products() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(Sum), "i"(Left), "i"(Right));
}

#endif

}  // namespace mast::compute
