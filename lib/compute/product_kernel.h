// A product: blocks that stay in the caches, and their tiles, which are vectors' (tile.h) or tile
// registers' (amx_tile.h).
#pragma once

#include <algorithm>
#include <cstdint>

#include "compute/parallel.h"
#include "compute/product.h"
#include "compute/scratch.h"
#include "compute/tile.h"

namespace mast::compute {

/// What all pieces of a product share.
struct ProductArgs {
    Strips a;
    Panels b;
    Epilogue epilogue;
    Operand<float> out;
    std::int64_t first_col;  ///< of the result, where the columns of b begin
    std::int64_t block;      ///< tiles of a piece, at most

    std::int64_t blocks() const { return piece_count(piece_count(a.rows, a.form.rows), block); }
    std::int64_t across() const { return piece_count(b.cols, a.form.cols); }
    std::int64_t pieces() const { return blocks() * across(); }
    std::int64_t words() const { return words_of(a.depth, a.precision); }
    std::int64_t end_col() const { return first_col + b.cols; }
    /// The panel of a column of the result, the first word of it.
    const float* panel(std::int64_t col) const {
        return b.data + (col - first_col) / kPanelCols * words() * kPanelCols;
    }
};

/// Where the sums of a piece lie meanwhile: (its rows, its columns) of the working thread.
inline thread_local Scratch piece_sums;

/// Rows, columns and the range of words of one pass.
struct Place {
    std::int64_t tile;
    std::int64_t col;
    std::int64_t k;
    std::int64_t words;
    float* sums;              ///< of the piece; null: they lie in the result
    std::int64_t first_tile;  ///< of the piece
    const float* ahead;       ///< the panels of the next pass or piece; null: none

    Place at(std::int64_t column) const {
        Place other = *this;
        other.col = column;
        return other;
    }
};

MAST_INLINE TileLeft left_of(const Strips& a, const Place& p) {
    const bool is_last = a.last != nullptr && (p.tile + 1) * a.form.rows > a.rows;
    const float* const tile = is_last ? a.last : a.data + p.tile * a.tile_stride;
    return {tile + p.k / a.form.words * a.depth_stride, a.row_stride, a.depth_stride};
}

/// The first range of words starts with what is added, each other with the sums so far; the last
/// ends with GELU or a factor.
MAST_INLINE TileOut out_of(const ProductArgs& args, const Place& p) {
    const std::int64_t row = p.tile * args.a.form.rows;
    const auto& e = args.epilogue;
    const bool is_last = p.k + p.words == args.words();
    TileOut o;
    o.out = args.out.row(row);
    o.col = p.col;
    o.stride = args.out.row_words();
    o.precision = args.out.precision;
    float* sums = args.out.row(row) + p.col;
    std::int64_t sums_stride = args.out.cols;
    if (p.sums != nullptr) {
        sums_stride = args.a.form.cols;
        sums = p.sums + (p.tile - p.first_tile) * args.a.form.rows * sums_stride +
               (p.col - args.first_col) % sums_stride;
        if (!is_last) {
            o.out = sums;
            o.col = 0;
            o.stride = sums_stride;
            o.precision = Precision::f32;
        }
    }
    if (p.k > 0) {
        o.add = sums;
        o.add_stride = sums_stride;
    } else {
        if (!e.bias.empty()) o.bias = e.bias.data() + p.col;
        if (e.add) o.add = e.add.row(row) + p.col;
        o.add_stride = args.out.cols;
    }
    if (e.times && is_last) o.times = e.times.row(row);
    if (e.gelu_slope && is_last) o.slope = e.gelu_slope.row(row);
    return o;
}

/// A tile that reaches beyond the last row or column: computed aside, then its part is taken.
template <int N, class Tile>
MAST_INLINE void edge_tile(Tile& kernel, const TileLeft& left, const TileRight& right,
                           std::int64_t first, std::int64_t words, std::int64_t rows,
                           std::int64_t cols, TileOut o) {
    constexpr int kWidth = Tile::kWidth;
    constexpr std::int64_t kStride = N * kWidth;
    float sums[Tile::kForm.rows * kStride];
    TileOut aside;
    aside.out = sums;
    aside.stride = kStride;
    if (Tile::begins_with_addend(o)) {
        std::fill_n(sums, Tile::kForm.rows * kStride, 0.0F);
        for (std::int64_t r = 0; r < rows; ++r)
            std::copy_n(o.add + r * o.add_stride, cols, sums + r * kStride);
        aside.add = sums;
        aside.add_stride = kStride;
        o.add = nullptr;
    }
    kernel.template product<N>(left, right, first, words, aside);
    store_rows<kWidth, typename Tile::Rounding>(sums, kStride, rows, cols, o);
}

template <int N, class Tile>
MAST_INLINE void tile(Tile& kernel, const ProductArgs& args, const Place& p) {
    const TileLeft left = left_of(args.a, p);
    const std::int64_t panel = args.words() * kPanelCols;
    const float* const panels = args.panel(p.col) + p.k * kPanelCols;
    // Each of the first tiles fetches one, the others what is there already.
    const std::int64_t which = p.tile - p.first_tile;
    const TileRight right{panels, panel,
                          p.ahead != nullptr && which < N ? p.ahead + which * panel : panels};
    const std::int64_t first = p.col % kPanelCols;
    constexpr std::int64_t kTileRows = Tile::kForm.rows;
    constexpr std::int64_t kTileCols = N * Tile::kWidth;
    const std::int64_t rows = std::min(kTileRows, args.out.rows - p.tile * kTileRows);
    const std::int64_t cols = std::min(kTileCols, args.end_col() - p.col);
    const TileOut out = out_of(args, p);
    if (rows == kTileRows && cols == kTileCols) {
        kernel.template product<N>(left, right, first, p.words, out);
    } else {
        edge_tile<N, Tile>(kernel, left, right, first, p.words, rows, cols, out);
    }
}

/// Tiles first..last of rows, at one place of the columns.
template <int N, class Tile>
MAST_INLINE void column_of_tiles(Tile& kernel, const ProductArgs& args, Place place,
                                 std::int64_t first, std::int64_t last) {
    for (place.tile = first; place.tile < last; ++place.tile)
        tile<N, Tile>(kernel, args, place);
}

/// Columns up to `end`, with those that fill its last panel.
MAST_INLINE std::int64_t panels_end(std::int64_t end) {
    return piece_count(end, kPanelCols) * kPanelCols;
}

/// Where the panels of a piece of columns begin..end go on from word k on; after the last word,
/// where those of the next columns begin; null: there are none. Only fetched ahead, so it does not
/// matter that a narrow piece has fewer.
MAST_INLINE const float* panels_after(const ProductArgs& args, std::int64_t k, std::int64_t begin,
                                      std::int64_t end) {
    if (k < args.words()) return args.panel(begin) + k * kPanelCols;
    return end < args.end_col() ? args.panel(end) : nullptr;
}

/// Rows first..last of tiles by columns begin..end, which come one after another, N vectors at a
/// time, then half as many.
template <class Tile, int N = Tile::kVectors>
MAST_INLINE void rows_of_tiles(Tile& kernel, const ProductArgs& args, const Place& place,
                               std::int64_t first, std::int64_t last, std::int64_t begin,
                               std::int64_t end) {
    constexpr std::int64_t kStep = N * Tile::kWidth;
    std::int64_t col = begin;
    for (; col + kStep <= panels_end(end); col += kStep)
        column_of_tiles<N, Tile>(kernel, args, place.at(col), first, last);
    if constexpr (kStep > kPanelCols && N > 1) {
        if (col < end) rows_of_tiles<Tile, N / 2>(kernel, args, place, first, last, col, end);
    } else {
        for (; col < end; col += kStep)
            column_of_tiles<N, Tile>(kernel, args, place.at(col), first, last);
    }
}

/// The same of one range of words after another.
template <class Tile>
MAST_INLINE void block_of_tiles(const ProductArgs& args, std::int64_t first, std::int64_t last,
                                std::int64_t begin, std::int64_t end) {
    const std::int64_t all_words = args.words();
    // Sums that are not whole yet cannot lie in a result that rounds them.
    const bool keeps_sums_apart =
        args.out.precision != Precision::f32 && Tile::words_of_pass(all_words) < all_words;
    float* const sums = keeps_sums_apart
                            ? piece_sums.get((last - first) * Tile::kForm.rows * Tile::kForm.cols)
                            : nullptr;
    for (std::int64_t k = 0, words = 0; k < all_words; k += words) {
        words = Tile::words_of_pass(all_words - k);
        Tile kernel(words);
        const Place place{0, 0, k, words, sums, first, panels_after(args, k + words, begin, end)};
        if constexpr (Tile::kRowsStay) {
            for (std::int64_t t = first; t < last; ++t)
                rows_of_tiles<Tile>(kernel, args, place, t, t + 1, begin, end);
        } else {
            rows_of_tiles<Tile>(kernel, args, place, first, last, begin, end);
        }
    }
}

/// Pieces begin..end, each a block of rows by a block of columns.
template <class Tile>
MAST_INLINE void product_pieces(const ProductArgs& args, std::int64_t begin, std::int64_t end) {
    constexpr std::int64_t kCols = Tile::kForm.cols;
    const std::int64_t across = args.across();
    const std::int64_t tiles = piece_count(args.out.rows, Tile::kForm.rows);
    const std::int64_t blocks = args.blocks();
    for (std::int64_t piece = begin; piece < end; ++piece) {
        const std::int64_t block = piece / across;
        const std::int64_t col = args.first_col + piece % across * kCols;
        block_of_tiles<Tile>(args, tiles * block / blocks, tiles * (block + 1) / blocks, col,
                             std::min(col + kCols, args.end_col()));
    }
}

}  // namespace mast::compute
