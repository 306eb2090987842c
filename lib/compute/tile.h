// The innermost loop of every product of matrices: a few rows by a few vectors of columns, kept in
// registers while the depth passes. An operand is words of 32 bits: a float, or two bfloat16.
#pragma once

#include <algorithm>
#include <cstdint>

#include "compute/f32.h"
#include "compute/panels.h"
#include "compute/simd.h"
#include "compute/tile_out.h"

namespace mast::compute {

/// Left operand of a tile: a[r, k] = data[r * row + k / step * depth + k % step], step being the
/// words of the tile's form.
struct TileLeft {
    const float* data;
    std::int64_t row;
    std::int64_t depth;
};

/// Right operand: panels of kPanelCols columns; b[k, c] = data[c / 16 * panel + 16 k + c % 16].
struct TileRight {
    const float* data;
    std::int64_t panel;
    const float* ahead;  ///< a panel, perhaps these, to fetch into the second-level cache
};

/// A tile of vectors of W floats; Element multiplies their words (f32.h, bf16.h).
template <int W, class Element>
struct VectorTile {
    using Rounding = typename Element::Rounding;
    static constexpr int kWidth = W;
    static constexpr TileForm kForm = kVectorForm;
    /// Of columns that fill the registers, with a vector for each row's words.
    static constexpr int kVectors = W >= 16 ? 4 : 2;
    static constexpr bool kFetchesPanels = W == kPanelCols;
    /// Words of a panel between what is fetched into the first-level cache and what is multiplied.
    static constexpr std::int64_t kWordsAhead = 16;

    /// Whether the panels pass by one tile after another; else the tiles by one panel.
    static constexpr bool kRowsStay = false;

    /// Words of the next pass, of which sums are kept apart in between. A panel of 512 (32 KB)
    /// stays in the first-level cache while the tiles pass; four panels do not, and are fetched
    /// from the second-level one as they are needed.
    static MAST_INLINE std::int64_t words_of_pass(std::int64_t left) {
        return std::min<std::int64_t>(left, kFetchesPanels ? 768 : 512);
    }
    static MAST_INLINE bool begins_with_addend(const TileOut&) { return false; }
    /// For a pass along so many words.
    explicit MAST_INLINE VectorTile(std::int64_t) {}

    /// N vectors of columns, from column `first` of a panel on, and the rows r of a tile:
    /// (r, N W) = a (r, words) b (words, N W).
    template <int N>
    MAST_INLINE void product(const TileLeft& a, const TileRight& b, std::int64_t first,
                             std::int64_t words, const TileOut& o) const {
        using V = Simd<W>;
        typename V::Floats sum[kForm.rows][N];
        for (auto& row : sum) {
            for (auto& v : row)
                v = V::all(0.0F);
        }
        fetch_ahead(o, kForm.rows, N * W);
        const float* left = a.data;
        const float* right = b.data + first;
        const float* const ahead = b.ahead;
        for (std::int64_t k = 0; k < words; ++k) {
            typename V::Floats column[N];
            for (int j = 0; j < N; ++j) {
                const float* const from = right + j * W / kPanelCols * b.panel + j * W % kPanelCols;
                if constexpr (kFetchesPanels) __builtin_prefetch(from + kWordsAhead * kPanelCols);
                column[j] = V::load(from);
            }
            for (int r = 0; r < kForm.rows; ++r) {
                const auto x = V::broadcast(left + r * a.row);
                for (int j = 0; j < N; ++j)
                    Element::add_products(sum[r][j], x, column[j]);
            }
            if constexpr (kFetchesPanels) __builtin_prefetch(ahead + k * kPanelCols, 0, 2);
            left += a.depth;
            right += kPanelCols;
        }
        if (o.slope != nullptr) {
            // From memory: GELU needs the registers.
            float sums[kForm.rows * N * W];
            for (int r = 0; r < kForm.rows; ++r) {
                for (int j = 0; j < N; ++j)
                    V::store(sums + (r * N + j) * W, sum[r][j]);
            }
            store_rows<W, Rounding>(sums, N * W, kForm.rows, N * W, o);
            return;
        }
        for (int r = 0; r < kForm.rows; ++r) {
            for (int j = 0; j < N; ++j)
                store_sums<W, Rounding, false>(sum[r][j], o, r, j * W, WholeVector<W>{});
        }
    }
};

}  // namespace mast::compute
