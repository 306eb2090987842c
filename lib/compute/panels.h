// Operands of products copied into the order in which a product reads them (Goto and van de Geijn
// 2008, Anatomy of high-performance matrix multiplication).
#pragma once

#include <cstdint>
#include <span>
#include <variant>

#include "base/matrix.h"
#include "compute/operand.h"

namespace mast::compute {

/// How a product takes its left operand: tiles of `rows` rows, of each row `words` at a time.
/// Pieces are up to `block` tiles by `cols` columns: enough to share the fetching of the tiles, of
/// 120 rows 512 words with AVX2 (240 KB) and 768 with AVX-512 (360 KB), or 768 of 128 (384 KB), in
/// the second-level cache.
struct TileForm {
    std::int64_t rows = 0;
    std::int64_t words = 0;
    std::int64_t block = 0;
    std::int64_t cols = 0;

    bool operator==(const TileForm&) const = default;
    /// Words of a packed row of that many: a whole number of steps.
    std::int64_t padded(std::int64_t row_words) const {
        return (row_words + words - 1) / words * words;
    }
};
/// With vectors: six rows by two of them fill the registers of AVX2, by four those of AVX-512.
inline constexpr TileForm kVectorForm{6, 1, 20, 64};
/// With tile registers, two of them below each other.
inline constexpr TileForm kAmxForm{32, 16, 4, 256};
/// Of the kernels that product() uses.
TileForm tile_form_here(Precision precision);
/// Columns of a panel: one line of the cache.
inline constexpr std::int64_t kPanelCols = 16;

/// A right operand (depth, cols): panels of 16 columns, each row of words after row; columns beyond
/// the last are zero. The memory is the caller's.
struct Panels {
    const float* data = nullptr;
    std::int64_t depth = 0;
    std::int64_t cols = 0;
    Precision precision = Precision::f32;

    static std::int64_t floats(std::int64_t depth, std::int64_t cols,
                               Precision precision = Precision::f32) {
        return (cols + kPanelCols - 1) / kPanelCols * kPanelCols * words_of(depth, precision);
    }
};

/// A right operand as it lies in a matrix, which must stay as long: the product packs it. Beside
/// few rows the threads that multiply it do so piece by piece, and the panels stay in their own
/// caches.
struct Unpacked {
    Operand<const float> source;  ///< (depth, cols), or turned (cols, depth)
    bool is_turned = false;
    Precision precision = Precision::f32;  ///< of the panels

    std::int64_t depth() const { return is_turned ? source.cols : source.rows; }
    std::int64_t cols() const { return is_turned ? source.rows : source.cols; }
};

/// What a product takes on its right.
using RightOperand = std::variant<Panels, Unpacked>;
inline Precision precision_of(const RightOperand& b) {
    return std::visit([](const auto& operand) { return operand.precision; }, b);
}

/// A left operand (rows, depth): tiles of a few rows, in the form of the kernel that will read
/// them, either as they lie in a matrix or packed. Strides count words.
struct Strips {
    const float* data = nullptr;
    std::int64_t rows = 0;
    std::int64_t depth = 0;
    Precision precision = Precision::f32;
    std::int64_t row_stride = 0;    ///< from row to row of a tile
    std::int64_t depth_stride = 0;  ///< from one step of words to the next
    std::int64_t tile_stride = 0;   ///< from tile to tile
    const float* last = nullptr;    ///< an incomplete last tile, filled with zeros; null: none
    TileForm form;

    /// Of packed memory.
    static std::int64_t floats(std::int64_t rows, std::int64_t depth, Precision precision,
                               TileForm form) {
        return (rows + form.rows - 1) / form.rows * form.rows *
               form.padded(words_of(depth, precision));
    }
    /// Of what rows_of() needs.
    static std::int64_t row_floats(std::int64_t depth, Precision precision, TileForm form) {
        return form.rows * words_of(depth, precision);
    }
};

/// a in `precision`: itself, or rounded. memory: rows * words_of(cols) floats, if it is rounded.
/// Throws std::logic_error if a is in bfloat16 and the other wanted, as all of these.
Operand<const float> in_precision(Operand<const float> a, Precision precision, float* memory);
/// Columns first .. first + count of an operand; first is even, and of panels a multiple of
/// kPanelCols.
struct ColumnRange {
    std::int64_t first;
    std::int64_t count;
};
/// Panels of b (depth, cols), of all its columns or of some. memory: Panels::floats(), as in the
/// next.
Panels pack(Operand<const float> b, Precision precision, float* memory);
Panels pack(Operand<const float> b, ColumnRange columns, Precision precision, float* memory);
/// Panels of wᵀ, w (cols, depth).
Panels pack_transposed(Matrix<const float> w, Precision precision, float* memory);
/// Panels of some columns of what is not packed. memory: Panels::floats() of columns.count.
Panels pack(const Unpacked& b, ColumnRange columns, float* memory);
/// Rows of a as they lie there. memory: Strips::row_floats().
Strips rows_of(Operand<const float> a, TileForm form, float* memory);
/// Packed strips of aᵀ, a (depth, rows), of all its columns or of some; sums[c] += the sum of
/// packed column c of a; empty: not wanted. memory: Strips::floats().
Strips pack_columns(Operand<const float> a, Precision precision, TileForm form,
                    std::span<float> sums, float* memory);
Strips pack_columns(Operand<const float> a, ColumnRange columns, Precision precision, TileForm form,
                    std::span<float> sums, float* memory);

}  // namespace mast::compute
