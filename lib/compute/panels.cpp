#include "compute/panels.h"

#include <algorithm>

#include "base/assert.h"
#include "compute/bf16.h"
#include "compute/isa.h"
#include "compute/parallel.h"
#include "compute/scratch.h"
#include "compute/transpose.h"

namespace mast::compute {

namespace {

// A few panels or strips pass side by side, so that a line of the matrix is fetched once.
constexpr std::int64_t kPanelsAtOnce = 4;
constexpr std::int64_t kStripsAtOnce = 8;
/// Rows that a thread converts at a time.
constexpr std::int64_t kRowsAtOnce = 32;

thread_local Scratch panel_words;  // of each working thread: rows of one panel, converted

/// The rows of a matrix that make the words of row k: itself.
template <int W>
struct OneRow {
    using V = Simd<W>;
    using Floats = typename V::Floats;
    static constexpr std::int64_t kRows = 1;

    /// read(row) gives W elements of a row below `rows`.
    template <class Read>
    static MAST_INLINE Floats words(std::int64_t k, std::int64_t, const Read& read, Floats& sum) {
        const auto v = read(k);
        sum += v;
        return v;
    }
};

/// Rows 2k and 2k + 1, whose elements are paired; a row beyond the last is zero. Rounding: Bf16.
template <int W, class Rounding>
struct TwoRows {
    using V = Simd<W>;
    using Floats = typename V::Floats;
    static constexpr std::int64_t kRows = 2;

    template <class Read>
    static MAST_INLINE Floats words(std::int64_t k, std::int64_t rows, const Read& read,
                                    Floats& sum) {
        const auto first = read(2 * k);
        const auto second = 2 * k + 1 < rows ? read(2 * k + 1) : V::all(0.0F);
        sum += first;
        sum += second;
        return Rounding::pair(first, second);
    }
};

/// W elements from column `col` of any row.
template <int W>
struct ReadWhole {
    Matrix<const float> from;
    std::int64_t col;
    MAST_INLINE typename Simd<W>::Floats operator()(std::int64_t row) const {
        return Simd<W>::load(from.row(row) + col);
    }
};

/// The first `cols` of them, then zeros.
template <int W>
struct ReadFirst {
    Matrix<const float> from;
    std::int64_t col;
    std::int64_t cols;
    MAST_INLINE typename Simd<W>::Floats operator()(std::int64_t row) const {
        return Simd<W>::load_first(from.row(row) + col, cols);
    }
};

struct PackArgs {
    Matrix<const float> from;
    std::int64_t words;  ///< along a column
    float* sums;         ///< of columns; null: not wanted
    float* to;
};

/// Panels first..last, of 16 whole columns each.
template <int W, class Rows>
MAST_INLINE void whole_panels(const PackArgs& args, std::int64_t first, std::int64_t last) {
    using V = Simd<W>;
    for (std::int64_t k = 0; k < args.words; ++k) {
        for (std::int64_t p = first; p < last; ++p) {
            float* to = args.to + (p * args.words + k) * kPanelCols;
            for (int j = 0; j < kPanelCols; j += W) {
                auto unused = V::all(0.0F);
                V::store(to + j, Rows::words(k, args.from.rows,
                                             ReadWhole<W>{args.from, p * kPanelCols + j}, unused));
            }
        }
    }
}

/// The columns that fill no panel, with zeros beside them.
template <class Rows>
void last_panel(const PackArgs& args) {
    using V = Simd<kPanelCols>;
    const std::int64_t cols = args.from.cols % kPanelCols;
    if (cols == 0) return;
    const std::int64_t first = args.from.cols - cols;
    const ReadFirst<kPanelCols> read{args.from, first, cols};
    auto unused = V::all(0.0F);
    for (std::int64_t k = 0; k < args.words; ++k) {
        V::store(args.to + first * args.words + k * kPanelCols,
                 Rows::words(k, args.from.rows, read, unused));
    }
}

/// Rows from whose column `col` on eight elements can be read: those of the rows below count, and
/// of a narrow matrix several rows are too near its end.
std::int64_t rows_of_eight(const Matrix<const float>& from, std::int64_t col) {
    const std::int64_t beyond = col + 8 - from.cols;
    if (beyond <= 0) return from.rows;
    return std::max<std::int64_t>(0, from.rows - (beyond + from.cols - 1) / from.cols);
}

/// Strips first..last of R columns, up to kStripsAtOnce. A vector of eight words is stored even for
/// a strip of six; the next words overwrite its last two. What lies beyond the last column ends in
/// rows that no product stores.
template <class Rows, std::int64_t R>
MAST_INLINE void some_strips(const PackArgs& args, std::int64_t first, std::int64_t last) {
    using V = Simd<8>;
    const auto& a = args.from;
    const std::int64_t col = first * R;
    float* to = args.to + col * args.words;
    typename V::Floats sum[kStripsAtOnce] = {};
    const std::int64_t whole =
        std::min(args.words - 1, rows_of_eight(a, (last - 1) * R) / Rows::kRows);
    for (std::int64_t k = 0; k < whole; ++k) {
        for (std::int64_t s = 0; s < last - first; ++s) {
            const ReadWhole<8> read{a, col + s * R};
            V::store(to + (s * args.words + k) * R, Rows::words(k, a.rows, read, sum[s]));
        }
    }
    for (std::int64_t s = 0; s < last - first; ++s) {
        const std::int64_t from = col + s * R;
        const std::int64_t cols = std::min(R, a.cols - from);
        const ReadFirst<8> read{a, from, cols};
        for (std::int64_t k = whole; k < args.words; ++k)
            V::store_first(to + (s * args.words + k) * R, Rows::words(k, a.rows, read, sum[s]), R);
        float lane[8];
        V::store(lane, sum[s]);
        for (std::int64_t c = 0; c < cols && args.sums != nullptr; ++c)
            args.sums[from + c] += lane[c];
    }
}

/// Rows first..last in words of neighbours.
template <int W, class Rounding>
MAST_INLINE void some_paired_rows(const PackArgs& args, std::int64_t first, std::int64_t last) {
    using V = Simd<W>;
    const std::int64_t cols = args.from.cols;
    for (std::int64_t r = first; r < last; ++r) {
        const float* from = args.from.row(r);
        float* to = args.to + r * args.words;
        std::int64_t c = 0;
        for (; c + 2 * W <= cols; c += 2 * W)
            V::store(to + c / 2, Rounding::pairs(V::load(from + c), V::load(from + c + W)));
        for (; c < cols; c += 2) {
            const auto second = c + 1 < cols ? V::all(from[c + 1]) : V::all(0.0F);
            V::store_first(to + c / 2, Rounding::pair(V::all(from[c]), second), 1);
        }
    }
}

template <int W>
MAST_INLINE void panels_f32(const PackArgs& args, std::int64_t first, std::int64_t last) {
    whole_panels<W, OneRow<W>>(args, first, last);
}
template <int W>
MAST_INLINE void panels_bf16(const PackArgs& args, std::int64_t first, std::int64_t last) {
    whole_panels<W, TwoRows<W, Bf16<W>>>(args, first, last);
}
// Strips of six and of eight columns.
template <int W>
MAST_INLINE void narrow_strips_f32(const PackArgs& args, std::int64_t first, std::int64_t last) {
    some_strips<OneRow<8>, tile_rows<8>()>(args, first, last);
}
template <int W>
MAST_INLINE void narrow_strips_bf16(const PackArgs& args, std::int64_t first, std::int64_t last) {
    some_strips<TwoRows<8, Bf16<8>>, tile_rows<8>()>(args, first, last);
}
template <int W>
MAST_INLINE void wide_strips_f32(const PackArgs& args, std::int64_t first, std::int64_t last) {
    some_strips<OneRow<8>, tile_rows<16>()>(args, first, last);
}
template <int W>
MAST_INLINE void wide_strips_bf16(const PackArgs& args, std::int64_t first, std::int64_t last) {
    some_strips<TwoRows<8, Bf16<8>>, tile_rows<16>()>(args, first, last);
}

template <int W>
MAST_INLINE void paired_rows(const PackArgs& args, std::int64_t first, std::int64_t last) {
    some_paired_rows<W, Bf16<W>>(args, first, last);
}

MAST_KERNEL(panels_f32, PackArgs);
MAST_KERNEL(panels_bf16, PackArgs);
MAST_KERNEL(narrow_strips_f32, PackArgs);
MAST_KERNEL(narrow_strips_bf16, PackArgs);
MAST_KERNEL(wide_strips_f32, PackArgs);
MAST_KERNEL(wide_strips_bf16, PackArgs);
MAST_KERNEL(paired_rows, PackArgs);

using Packer = void (*)(const PackArgs&, std::int64_t, std::int64_t);

#if defined(__x86_64__)
MAST_TARGET_AVX512 void panels_native(const PackArgs& args, std::int64_t first, std::int64_t last) {
    whole_panels<16, TwoRows<16, Bf16Native<16>>>(args, first, last);
}
MAST_TARGET_AVX512 void wide_strips_native(const PackArgs& args, std::int64_t first,
                                           std::int64_t last) {
    some_strips<TwoRows<8, Bf16Native<8>>, tile_rows<16>()>(args, first, last);
}
MAST_TARGET_AVX512 void paired_rows_native(const PackArgs& args, std::int64_t first,
                                           std::int64_t last) {
    some_paired_rows<16, Bf16Native<16>>(args, first, last);
}
#endif

Packer panel_packer(Precision precision) {
    if (precision == Precision::f32) return panels_f32_here();
#if defined(__x86_64__)
    if (multiplies_bf16()) return &panels_native;
#endif
    return panels_bf16_here();
}

Packer strip_packer(Precision precision, std::int64_t tile) {
    const bool plain = precision == Precision::f32;
    MAST_ASSERT(tile == tile_rows<8>() || tile == tile_rows<16>());
    if (tile == tile_rows<8>()) return plain ? narrow_strips_f32_here() : narrow_strips_bf16_here();
    if (plain) return wide_strips_f32_here();
#if defined(__x86_64__)
    if (multiplies_bf16()) return &wide_strips_native;
#endif
    return wide_strips_bf16_here();
}

Packer row_packer() {
#if defined(__x86_64__)
    if (multiplies_bf16()) return &paired_rows_native;
#endif
    return paired_rows_here();
}

/// Rows of w that make one panel of wᵀ, converted if need be.
Matrix<const float> panel_rows(Matrix<const float> w, std::int64_t first, Precision precision) {
    const Matrix<const float> rows(w.row(first), std::min(kPanelCols, w.rows - first), w.cols);
    if (precision == Precision::f32) return rows;
    const std::int64_t words = words_of(w.cols, precision);
    float* memory = panel_words.get(kPanelCols * words);
    row_packer()({rows, words, nullptr, memory}, 0, rows.rows);
    return {memory, rows.rows, words};
}

}  // namespace

std::int64_t tile_rows_here() {
    return isa() == Isa::avx512 ? tile_rows<16>() : tile_rows<8>();
}

Panels pack(Matrix<const float> b, Precision precision, float* memory) {
    const PackArgs args{b, words_of(b.rows, precision), nullptr, memory};
    const bool plain = precision == Precision::f32;
    const auto piece = panel_packer(precision);
    parallel_for(b.cols / kPanelCols, kPanelsAtOnce,
                 [&](std::int64_t first, std::int64_t last) { piece(args, first, last); });
    if (plain) {
        last_panel<OneRow<kPanelCols>>(args);
    } else {
        last_panel<TwoRows<kPanelCols, Bf16<kPanelCols>>>(args);
    }
    return {memory, b.rows, b.cols, precision};
}

Panels pack_transposed(Matrix<const float> w, Precision precision, float* memory) {
    const std::int64_t words = words_of(w.cols, precision);
    parallel_for(piece_count(w.rows, kPanelCols), 1, [&](std::int64_t panel, std::int64_t) {
        const auto rows = panel_rows(w, panel * kPanelCols, precision);
        transpose_padded(rows.data, words, rows.rows, words, memory + panel * kPanelCols * words,
                         kPanelCols);
    });
    return {memory, w.cols, w.rows, precision};
}

Strips rows_of(Matrix<const float> a, Precision precision, std::int64_t tile, float* memory) {
    const std::int64_t words = words_of(a.cols, precision);
    Strips strips{a.data, a.rows, a.cols, precision, words, 1, tile * words, nullptr, tile};
    if (precision == Precision::bf16) {
        const PackArgs args{a, words, nullptr, memory};
        const auto piece = row_packer();
        parallel_for(a.rows, kRowsAtOnce,
                     [&](std::int64_t first, std::int64_t last) { piece(args, first, last); });
        strips.data = memory;
        memory += a.rows * words;
    }
    const std::int64_t rest = a.rows % tile;
    if (rest == 0) return strips;
    transpose_padded(strips.data + (a.rows - rest) * words, words, rest, words, memory, tile);
    strips.last = memory;
    return strips;
}

Strips pack_columns(Matrix<const float> a, Precision precision, std::int64_t tile,
                    std::span<float> sums, float* memory) {
    MAST_ASSERT(a.rows >= 1);
    MAST_ASSERT(sums.empty() || static_cast<std::int64_t>(sums.size()) == a.cols);
    const std::int64_t words = words_of(a.rows, precision);
    const PackArgs args{a, words, sums.empty() ? nullptr : sums.data(), memory};
    const auto piece = strip_packer(precision, tile);
    parallel_for(piece_count(a.cols, tile), kStripsAtOnce,
                 [&](std::int64_t first, std::int64_t last) { piece(args, first, last); });
    return {memory, a.cols, a.rows, precision, 1, tile, tile * words, nullptr, tile};
}

}  // namespace mast::compute
