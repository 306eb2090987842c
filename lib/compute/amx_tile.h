// The innermost loop of products of bfloat16 by tile registers (amx.h): two of rows by two of
// columns.
//
// To be included by kernels only.
#pragma once

#include <algorithm>
#include <cstdint>

#include "compute/amx.h"
#include "compute/bf16.h"
#include "compute/panels.h"
#include "compute/tile.h"

#if defined(__x86_64__)

namespace mast::compute {

/// Right operand of a tile of registers: b[k, c] = data[k * row + c / 16 * panel + c % 16], and
/// `step` words from 16 words of k to the next 16.
struct AmxRight {
    const float* data;
    std::int64_t panel;
    std::int64_t row;
    std::int64_t step;
};

/// Sums in registers 0 to 3, of rows in 4 and 5 and columns in 6 and 7.
struct AmxSums {
    template <int N>
    static MAST_INLINE void clear() {
        amx_zero<0>();
        amx_zero<2>();
        if constexpr (N == 2) amx_zero<1>();
        if constexpr (N == 2) amx_zero<3>();
    }
    template <int N>
    static MAST_INLINE void load(const float* from, std::int64_t stride) {
        const float* const below = from + kAmxRows * stride;
        amx_load<0>(from, stride);
        amx_load<2>(below, stride);
        if constexpr (N == 2) amx_load<1>(from + kAmxWords, stride);
        if constexpr (N == 2) amx_load<3>(below + kAmxWords, stride);
    }
    template <int N>
    static MAST_INLINE void store(float* to, std::int64_t stride) {
        float* const below = to + kAmxRows * stride;
        amx_store<0>(to, stride);
        amx_store<2>(below, stride);
        if constexpr (N == 2) amx_store<1>(to + kAmxWords, stride);
        if constexpr (N == 2) amx_store<3>(below + kAmxWords, stride);
    }
    template <int N>
    static MAST_INLINE void add_products(const TileLeft& a, const AmxRight& b, std::int64_t words) {
        // Copies: the compiler must take what is referred to for changed by every instruction.
        const float* left = a.data;
        const float* right = b.data;
        const std::int64_t left_row = a.row;
        const std::int64_t left_step = a.depth;
        const std::int64_t panel = b.panel;
        const std::int64_t right_row = b.row;
        const std::int64_t right_step = b.step;
        for (std::int64_t k = 0; k < words; k += kAmxWords) {
            amx_load<4>(left, left_row);
            amx_load<6>(right, right_row);
            if constexpr (N == 2) amx_load<7>(right + panel, right_row);
            amx_load<5>(left + kAmxRows * left_row, left_row);
            amx_add_products<0, 4, 6>();
            if constexpr (N == 2) amx_add_products<1, 4, 7>();
            amx_add_products<2, 5, 6>();
            if constexpr (N == 2) amx_add_products<3, 5, 7>();
            left += left_step;
            right += right_step;
        }
    }
};

/// How results are rounded, and GELU's reciprocals had, on machines with tile registers.
struct AmxRounding : Bf16Native<16> {
    /// To the last two bits, of numbers far from the largest and the least: an estimate of 14 bits
    /// and a step of Newton's, in less time than a division takes.
    static MAST_INLINE Floats reciprocal(const Floats& x) {
        Floats estimate;
        asm("vrcp14ps %1, %0" : "=v"(estimate) : "v"(x));
        const Floats better = estimate * (2.0F - x * estimate);
        return better == better ? better : estimate;  // NOLINT(misc-redundant-expression)
    }
};

/// A tile of products of bfloat16 (tile.h has that of vectors).
class AmxTile {
  public:
    using Rounding = AmxRounding;
    static constexpr int kWidth = 16;
    static constexpr TileForm kForm = kAmxForm;
    static constexpr int kVectors = 2;  ///< registers of columns
    static_assert(kForm.rows == 2 * kAmxRows && kForm.words == kAmxWords);
    static_assert(kPanelCols == kAmxWords);

    /// Rows stay in the first-level cache (up to 384 words: 48 KB) while panels pass, which lie as
    /// the processor fetches ahead; rows do not.
    static constexpr bool kRowsStay = true;

    /// Whole registers of words, then a part of one. The panels of a piece along 768 words (768 KB)
    /// stay in the second-level cache.
    static MAST_INLINE std::int64_t words_of_pass(std::int64_t left) {
        return left < kAmxWords ? left : std::min<std::int64_t>(left / kAmxWords * kAmxWords, 768);
    }
    explicit MAST_INLINE AmxTile(std::int64_t words) : registers_(std::min(words, kAmxWords)) {}

    /// Whether the sums begin with the addend instead of zero. So they do in whole tiles and in
    /// parts of one: the order of a sum must not depend on how many rows there are.
    static MAST_INLINE bool begins_with_addend(const TileOut& o) {
        return is_plain(o) && o.add != nullptr;
    }

    /// N registers of columns, the first of a panel.
    template <int N>
    MAST_INLINE void product(const TileLeft& a, const TileRight& b, std::int64_t,
                             std::int64_t words, const TileOut& o) const {
        if (begins_with_addend(o)) {
            AmxSums::load<N>(o.add, o.add_stride);
        } else {
            AmxSums::clear<N>();
        }
        AmxSums::add_products<N>(a, {b.data, b.panel, kPanelCols, kAmxWords * kPanelCols}, words);
        if (is_plain(o)) {
            AmxSums::store<N>(o.out + o.col, o.stride);
            return;
        }
        constexpr std::int64_t kCols = N * kWidth;
        alignas(64) float sums[kForm.rows * kCols];
        AmxSums::store<N>(sums, kCols);
        store_rows<kWidth, Rounding>(sums, kCols, kForm.rows, kCols, o);
    }

  private:
    /// Sums that are stored as they are.
    static MAST_INLINE bool is_plain(const TileOut& o) {
        return o.precision == Precision::f32 && o.bias == nullptr && o.times == nullptr &&
               o.slope == nullptr;
    }

    AmxRegisters registers_;
};

}  // namespace mast::compute

#endif
