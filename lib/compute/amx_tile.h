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

/// Registers 0 to 3 hold sums, 4 and 5 rows, 6 and 7 columns.
struct AmxTile {
    using Rounding = Bf16Native<16>;
    static constexpr int kWidth = 16;
    static constexpr TileForm kForm = kAmxForm;
    static_assert(kForm.rows == 2 * kAmxRows && kForm.words == kAmxWords);
    static_assert(kPanelCols == kAmxWords);

    /// Rows stay in the first-level cache while panels pass, which lie as the processor fetches
    /// ahead; rows do not.
    static constexpr bool kRowsStay = true;

    /// Whole registers of words, then a part of one.
    static MAST_INLINE std::int64_t words_of_pass(std::int64_t left) {
        return left < kAmxWords ? left : left / kAmxWords * kAmxWords;
    }
    struct Pass {
        explicit MAST_INLINE Pass(std::int64_t words) : shape(std::min(words, kAmxWords)) {}
        AmxShape shape;
    };

    /// N registers of columns, the first of a panel.
    template <int N>
    static MAST_INLINE void product(const TileLeft& a, const TileRight& b, std::int64_t,
                                    std::int64_t words, const TileOut& o) {
        const bool is_plain =
            o.precision == Precision::f32 && o.bias == nullptr && o.times == nullptr;
        if (is_plain && o.add != nullptr) {
            load_sums<N>(o.add, o.add_stride);
        } else {
            clear_sums<N>();
        }
        add_products<N>(a, {b.data, b.panel, kPanelCols, kAmxWords * kPanelCols}, words);
        if (is_plain) {
            store_sums<N>(o.out + o.col, o.stride);
            return;
        }
        constexpr std::int64_t kCols = N * kWidth;
        alignas(64) float sums[kForm.rows * kCols];
        store_sums<N>(sums, kCols);
        const auto sum = [&](std::int64_t r, int j) {
            return Simd<kWidth>::load(sums + r * kCols + j * kWidth);
        };
        store_tile<kWidth, N, Rounding>(kForm.rows, sum, o);
    }

    template <int N>
    static MAST_INLINE void clear_sums() {
        amx_zero<0>();
        amx_zero<2>();
        if constexpr (N == 2) amx_zero<1>();
        if constexpr (N == 2) amx_zero<3>();
    }
    template <int N>
    static MAST_INLINE void load_sums(const float* from, std::int64_t stride) {
        const float* const below = from + kAmxRows * stride;
        amx_load<0>(from, stride);
        amx_load<2>(below, stride);
        if constexpr (N == 2) amx_load<1>(from + kWidth, stride);
        if constexpr (N == 2) amx_load<3>(below + kWidth, stride);
    }
    template <int N>
    static MAST_INLINE void store_sums(float* to, std::int64_t stride) {
        float* const below = to + kAmxRows * stride;
        amx_store<0>(to, stride);
        amx_store<2>(below, stride);
        if constexpr (N == 2) amx_store<1>(to + kWidth, stride);
        if constexpr (N == 2) amx_store<3>(below + kWidth, stride);
    }
    template <int N>
    static MAST_INLINE void add_products(const TileLeft& a, const AmxRight& b,
                                         std::int64_t words) {
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

}  // namespace mast::compute

#endif
