// A product for vectors of W floats: blocks that stay in the caches, and their tiles.
#pragma once

#include <algorithm>
#include <cstdint>

#include "compute/parallel.h"
#include "compute/product.h"
#include "compute/scratch.h"
#include "compute/tile.h"

namespace mast::compute {

/// A block of the left operand, 20 tiles by 512 words (240 KB), stays in the second-level cache
/// while the panels pass; a panel of that depth (32 KB) stays in the first while the tiles pass.
inline constexpr std::int64_t kWords = 512;
inline constexpr std::int64_t kTiles = 20;
/// Columns of a piece: enough to share the fetching of the block, few enough for many threads.
inline constexpr std::int64_t kCols = 64;

/// What all pieces of a product share.
struct ProductArgs {
    Strips a;
    Panels b;
    Epilogue epilogue;
    Operand<float> out;

    /// Sums that are not whole yet cannot lie in a result that rounds them.
    bool keeps_sums_apart() const {
        return out.precision != Precision::f32 && words_of(a.depth, a.precision) > kWords;
    }
};

/// Where the sums of a piece lie meanwhile: (its rows, kCols) of the working thread.
inline thread_local Scratch piece_sums;

template <int W>
MAST_INLINE TileLeft left_of(const Strips& a, std::int64_t tile, std::int64_t k) {
    constexpr std::int64_t kRows = tile_rows<W>();
    if (a.last != nullptr && (tile + 1) * kRows > a.rows) return {a.last + k * kRows, 1, kRows};
    return {a.data + tile * a.tile_stride + k * a.depth_stride, a.row_stride, a.depth_stride};
}

/// Rows, columns and the range of words of one pass.
struct Place {
    std::int64_t tile;
    std::int64_t col;
    std::int64_t k;
    std::int64_t words;
    float* sums;             ///< of the piece; null: they lie in the result
    std::int64_t first_row;  ///< of the piece
};

/// The first range of words starts with what is added, each other with the sums so far; the last is
/// multiplied.
template <int W>
MAST_INLINE TileOut out_of(const ProductArgs& args, const Place& p) {
    const std::int64_t row = p.tile * tile_rows<W>();
    const auto& e = args.epilogue;
    const bool is_last = p.k + p.words == words_of(args.a.depth, args.a.precision);
    TileOut o{args.out.row(row),
              p.col,
              args.out.row_words(),
              args.out.precision,
              nullptr,
              nullptr,
              0,
              nullptr};
    float* sums = args.out.row(row) + p.col;
    std::int64_t sums_stride = args.out.cols;
    if (p.sums != nullptr) {
        sums = p.sums + (row - p.first_row) * kCols + p.col % kCols;
        sums_stride = kCols;
        if (!is_last) {
            o.out = sums;
            o.col = 0;
            o.stride = kCols;
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
    return o;
}

/// A tile that reaches beyond the last row or column: computed aside, then its part is taken.
template <int W, int N, class Element>
MAST_INLINE void edge_tile(const TileLeft& left, const TileRight& right, std::int64_t first,
                           std::int64_t words, std::int64_t rows, std::int64_t cols,
                           const TileOut& o) {
    float sums[tile_rows<W>() * N * W];
    // cppcheck-suppress legacyUninitvar  // the product writes them
    const TileOut aside{sums, 0, N * W, Precision::f32, nullptr, nullptr, 0, nullptr};
    tile_product<W, N, Element>(left, right, first, words, aside);
    store_edge<W, N, typename Element::Rounding>(sums, rows, cols, o);
}

template <int W, int N, class Element>
MAST_INLINE void tile(const ProductArgs& args, const Place& p) {
    const TileLeft left = left_of<W>(args.a, p.tile, p.k);
    const std::int64_t panel = words_of(args.b.depth, args.b.precision) * kPanelCols;
    const TileRight right{args.b.data + p.col / kPanelCols * panel + p.k * kPanelCols, panel};
    const std::int64_t first = p.col % kPanelCols;
    constexpr std::int64_t kRows = tile_rows<W>();
    const std::int64_t rows = std::min(kRows, args.out.rows - p.tile * kRows);
    const std::int64_t cols = std::min<std::int64_t>(N * W, args.out.cols - p.col);
    const TileOut out = out_of<W>(args, p);
    if (rows == kRows && cols == N * W) {
        tile_product<W, N, Element>(left, right, first, p.words, out);
    } else {
        edge_tile<W, N, Element>(left, right, first, p.words, rows, cols, out);
    }
}

/// Tiles first..last of rows, at one place of the columns.
template <int W, int N, class Element>
MAST_INLINE void column_of_tiles(const ProductArgs& args, Place place, std::int64_t first,
                                 std::int64_t last) {
    for (place.tile = first; place.tile < last; ++place.tile)
        tile<W, N, Element>(args, place);
}

/// Pieces of a product: blocks of rows by blocks of columns.
inline std::int64_t count_pieces(const Strips& a, std::int64_t cols) {
    return piece_count(piece_count(a.rows, a.tile), kTiles) * piece_count(cols, kCols);
}

/// Columns up to `end`, with those that fill its last panel.
MAST_INLINE std::int64_t panels_end(std::int64_t end) {
    return piece_count(end, kPanelCols) * kPanelCols;
}

/// All rows first..last of tiles by columns col..end, one range of words after another.
template <int W, class Element>
MAST_INLINE void block_of_tiles(const ProductArgs& args, std::int64_t first, std::int64_t last,
                                std::int64_t begin, std::int64_t end) {
    constexpr std::int64_t kStep = tile_cols<W>();
    constexpr std::int64_t kPanel = std::min(kStep, kPanelCols);
    const std::int64_t all_words = words_of(args.a.depth, args.a.precision);
    const std::int64_t first_row = first * tile_rows<W>();
    float* const sums =
        args.keeps_sums_apart() ? piece_sums.get((last - first) * tile_rows<W>() * kCols) : nullptr;
    for (std::int64_t k = 0; k < all_words; k += kWords) {
        const std::int64_t words = std::min(kWords, all_words - k);
        std::int64_t col = begin;
        for (; col + kStep <= panels_end(end); col += kStep)
            column_of_tiles<W, kStep / W, Element>(args, {0, col, k, words, sums, first_row}, first,
                                                   last);
        for (; col < end; col += kPanel)
            column_of_tiles<W, kPanel / W, Element>(args, {0, col, k, words, sums, first_row},
                                                    first, last);
    }
}

template <int W, class Element>
MAST_INLINE void product_pieces(const ProductArgs& args, std::int64_t begin, std::int64_t end) {
    const std::int64_t across = piece_count(args.out.cols, kCols);
    const std::int64_t tiles = piece_count(args.out.rows, tile_rows<W>());
    const std::int64_t blocks = piece_count(tiles, kTiles);
    for (std::int64_t piece = begin; piece < end; ++piece) {
        const std::int64_t block = piece / across;
        const std::int64_t col = piece % across * kCols;
        block_of_tiles<W, Element>(args, tiles * block / blocks, tiles * (block + 1) / blocks, col,
                                   std::min(col + kCols, args.out.cols));
    }
}

}  // namespace mast::compute
