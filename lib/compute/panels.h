// Operands of products copied into the order in which a product reads them (Goto and van de Geijn
// 2008, Anatomy of high-performance matrix multiplication).
#pragma once

#include <cstdint>

#include "base/matrix.h"
#include "compute/tile.h"

namespace mast::compute {

/// A right operand (depth, cols): panels of 16 columns, each row after row; columns beyond the last
/// are zero. The memory is the caller's.
struct Panels {
    const float* data = nullptr;
    std::int64_t depth = 0;
    std::int64_t cols = 0;

    static std::int64_t floats(std::int64_t depth, std::int64_t cols) {
        return (cols + kPanelCols - 1) / kPanelCols * kPanelCols * depth;
    }
};

/// A left operand (rows, depth): tiles of six rows, either as they lie in a matrix or packed.
struct Strips {
    const float* data = nullptr;
    std::int64_t rows = 0;
    std::int64_t depth = 0;
    std::int64_t row_stride = 0;    ///< floats from row to row of a tile
    std::int64_t depth_stride = 0;  ///< floats from one column of the operand to the next
    std::int64_t tile_stride = 0;   ///< floats from tile to tile
    const float* last = nullptr;    ///< an incomplete last tile, packed; null: none

    /// Of packed memory, with room for a vector's write past the last.
    static std::int64_t floats(std::int64_t rows, std::int64_t depth) {
        return (rows + kTileRows - 1) / kTileRows * kTileRows * depth + kPanelCols;
    }
};

/// Panels of b (depth, cols). memory: Panels::floats(), as in all of these.
Panels pack(Matrix<const float> b, float* memory);
/// Panels of wᵀ, w (cols, depth).
Panels pack_transposed(Matrix<const float> w, float* memory);
/// Rows of a as they lie there. memory: Strips::floats(6, depth), for an incomplete last tile.
Strips rows_of(Matrix<const float> a, float* memory);
/// Packed strips of aᵀ, a (depth, rows); sums[c] += the sum of column c of a; empty: not wanted.
/// memory: Strips::floats().
Strips pack_columns(Matrix<const float> a, std::span<float> sums, float* memory);

}  // namespace mast::compute
