// Packing for vectors of W floats: what one word of a panel or strip is made of, and the loops over
// words.
//
// To be included by kernels only.
#pragma once

#include <algorithm>
#include <cstdint>

#include "compute/bf16.h"
#include "compute/operand.h"
#include "compute/operand_kernel.h"
#include "compute/panels.h"
#include "compute/parallel.h"
#include "compute/simd.h"

namespace mast::compute {

// A few panels or strips pass side by side, so that a line of the matrix is fetched once.
inline constexpr std::int64_t kPanelsAtOnce = 4;
inline constexpr std::int64_t kStripsAtOnce = 8;
/// Rows that a thread converts at a time.
inline constexpr std::int64_t kRowsAtOnce = 32;
inline constexpr std::int64_t kWordsAtOnce = 32;

struct PackArgs {
    const float* from;
    std::int64_t rows;
    std::int64_t cols;
    std::int64_t stride;  ///< words from row to row
    std::int64_t words;   ///< along a column of the result, or a row of it
    float* sums;          ///< (pieces, cols) of columns, for each piece of words; null: not wanted
    float* to;

    PackArgs(const Operand<const float>& operand, ColumnRange columns, std::int64_t words_in,
             float* sums_in, float* to_in)
        : from(operand.data + words_of(columns.first, operand.precision)),
          rows(operand.rows),
          cols(columns.count),
          stride(operand.row_words()),
          words(words_in),
          sums(sums_in),
          to(to_in) {}
};

/// W floats from column `col` of any row.
template <int W>
struct WholeFloats {
    const float* from;
    std::int64_t stride;
    MAST_INLINE WholeFloats(const PackArgs& args, std::int64_t col)
        : from(args.from + col), stride(args.stride) {}
    MAST_INLINE typename Simd<W>::Floats operator()(std::int64_t row) const {
        return Simd<W>::load(from + row * stride);
    }
};

/// The first `cols` of them, then zeros.
template <int W>
struct FirstFloats {
    const float* from;
    std::int64_t stride;
    std::int64_t cols;
    MAST_INLINE FirstFloats(const PackArgs& args, std::int64_t col, std::int64_t cols_in)
        : from(args.from + col), stride(args.stride), cols(cols_in) {}
    MAST_INLINE typename Simd<W>::Floats operator()(std::int64_t row) const {
        return Simd<W>::load_first(from + row * stride, cols);
    }
};

/// The same of bfloat16.
template <int W>
struct WholeHalves {
    const char* from;
    std::int64_t stride;  // bytes
    MAST_INLINE WholeHalves(const PackArgs& args, std::int64_t col)
        : from(reinterpret_cast<const char*>(args.from) + 2 * col), stride(4 * args.stride) {}
    MAST_INLINE typename Simd<W>::Halves operator()(std::int64_t row) const {
        return load_halves<W>(from + row * stride);
    }
};

template <int W>
struct FirstHalves {
    const char* from;
    std::int64_t stride;  // bytes
    std::int64_t cols;
    MAST_INLINE FirstHalves(const PackArgs& args, std::int64_t col, std::int64_t cols_in)
        : from(reinterpret_cast<const char*>(args.from) + 2 * col),
          stride(4 * args.stride),
          cols(cols_in) {}
    MAST_INLINE typename Simd<W>::Halves operator()(std::int64_t row) const {
        return load_first_halves<W>(from + row * stride, cols);
    }
};

/// The rows of a matrix that make the words of row k: itself.
template <int W>
struct OneRow {
    using V = Simd<W>;
    using Floats = typename V::Floats;
    using Whole = WholeFloats<W>;
    using First = FirstFloats<W>;
    static constexpr std::int64_t kRows = 1;

    /// read(row) gives W elements of a row. is_whole: none of the rows of word k is beyond the last
    /// of `rows`; a constant.
    template <class Read>
    static MAST_INLINE Floats words(std::int64_t k, std::int64_t, bool, const Read& read,
                                    Floats& sum) {
        const auto v = read(k);
        sum += v;
        return v;
    }
};

/// Rows 2k and 2k + 1, whose elements are paired; a row beyond the last is zero. B: bf16.h.
template <int W, class B>
struct TwoRows {
    using V = Simd<W>;
    using Floats = typename V::Floats;
    using Whole = WholeFloats<W>;
    using First = FirstFloats<W>;
    static constexpr std::int64_t kRows = 2;

    template <class Read>
    static MAST_INLINE Floats words(std::int64_t k, std::int64_t rows, bool is_whole,
                                    const Read& read, Floats& sum) {
        const auto first = read(2 * k);
        const auto second = is_whole || 2 * k + 1 < rows ? read(2 * k + 1) : V::all(0.0F);
        sum += first;
        sum += second;
        return B::pair(first, second);
    }
};

/// The same of a matrix in bfloat16.
template <int W>
struct TwoHalfRows {
    using V = Simd<W>;
    using Floats = typename V::Floats;
    using Whole = WholeHalves<W>;
    using First = FirstHalves<W>;
    static constexpr std::int64_t kRows = 2;

    template <class Read>
    static MAST_INLINE Floats words(std::int64_t k, std::int64_t rows, bool is_whole,
                                    const Read& read, Floats& sum) {
        const auto first = read(2 * k);
        const auto second = is_whole || 2 * k + 1 < rows ? read(2 * k + 1) : typename V::Halves{};
        const Floats pair = interleave<W>(first, second);
        sum += Bf16<W>::first(pair);
        sum += Bf16<W>::second(pair);
        return pair;
    }
};

/// Word k of panels first..last, of 16 whole columns each.
template <int W, class Rows>
MAST_INLINE void word_of_panels(const PackArgs& args, std::int64_t first, std::int64_t last,
                                std::int64_t k, bool is_whole) {
    using V = Simd<W>;
    for (std::int64_t p = first; p < last; ++p) {
        float* to = args.to + (p * args.words + k) * kPanelCols;
        for (int j = 0; j < kPanelCols; j += W) {
            const typename Rows::Whole read(args, p * kPanelCols + j);
            auto unused = V::all(0.0F);
            V::store(to + j, Rows::words(k, args.rows, is_whole, read, unused));
        }
    }
}

// Here and below a copy of the arguments: the compiler must take those of others for changed by
// every word that is written.
/// Words first..last of all panels of 16 whole columns.
template <int W, class Rows>
MAST_INLINE void whole_panels(PackArgs args, std::int64_t first, std::int64_t last) {
    const std::int64_t panels = args.cols / kPanelCols;
    const std::int64_t whole = std::min(last, args.words - 1);
    for (std::int64_t p = 0; p < panels; p += kPanelsAtOnce) {
        const std::int64_t end = std::min(p + kPanelsAtOnce, panels);
        for (std::int64_t k = first; k < whole; ++k)
            word_of_panels<W, Rows>(args, p, end, k, true);
        if (last == args.words) word_of_panels<W, Rows>(args, p, end, last - 1, false);
    }
}

/// The columns that fill no panel, with zeros beside them.
template <class Rows>
void last_panel(const PackArgs& args) {
    using V = Simd<kPanelCols>;
    const std::int64_t cols = args.cols % kPanelCols;
    if (cols == 0) return;
    const std::int64_t first = args.cols - cols;
    const typename Rows::First read(args, first, cols);
    auto unused = V::all(0.0F);
    for (std::int64_t k = 0; k < args.words; ++k) {
        V::store(args.to + first * args.words + k * kPanelCols,
                 Rows::words(k, args.rows, false, read, unused));
    }
}

/// Rows from whose column `col` on eight elements can be read: those of the rows below count, and
/// of a narrow matrix several rows are too near its end. A row has at least as many elements as
/// words.
inline std::int64_t rows_of_eight(const PackArgs& from, std::int64_t col) {
    const std::int64_t beyond = col + 8 - from.cols;
    if (beyond <= 0) return from.rows;
    return std::max<std::int64_t>(0, from.rows - piece_count(beyond, from.stride));
}

/// Four rows of six, of which each comes as eight, become 24 floats one after another.
MAST_INLINE void store_sixes(float* to, const Simd<8>::Floats (&rows)[4]) {
    using V = Simd<8>;
    V::store(to, __builtin_shufflevector(rows[0], rows[1], 0, 1, 2, 3, 4, 5, 8, 9));
    V::store(to + 8, __builtin_shufflevector(rows[1], rows[2], 2, 3, 4, 5, 8, 9, 10, 11));
    V::store(to + 16, __builtin_shufflevector(rows[2], rows[3], 4, 5, 8, 9, 10, 11, 12, 13));
}

/// Words begin..end of N strips of six columns from strip `first` on, and the sums over these rows.
/// What lies beyond the last column ends in rows that no product stores.
template <class Rows, std::int64_t N>
MAST_INLINE void strips_at_once(PackArgs args, std::int64_t first, std::int64_t begin,
                                std::int64_t end, float* sums) {
    using V = Simd<8>;
    constexpr std::int64_t R = kVectorForm.rows;
    const std::int64_t col = first * R;
    float* to = args.to + col * args.words;
    typename V::Floats sum[N] = {};
    const std::int64_t readable =
        std::min(args.words - 1, rows_of_eight(args, (first + N - 1) * R) / Rows::kRows);
    std::int64_t k = begin;
    for (; k + 4 <= std::min(readable, end); k += 4) {
        for (std::int64_t s = 0; s < N; ++s) {
            const typename Rows::Whole read(args, col + s * R);
            typename V::Floats rows[4];
            for (std::int64_t i = 0; i < 4; ++i)
                rows[i] = Rows::words(k + i, args.rows, true, read, sum[s]);
            store_sixes(to + (s * args.words + k) * R, rows);
        }
    }
    for (std::int64_t s = 0; s < N; ++s) {
        const std::int64_t from = col + s * R;
        const std::int64_t cols = std::min(R, args.cols - from);
        const typename Rows::First read(args, from, cols);
        for (std::int64_t rest = k; rest < end; ++rest)
            V::store_first(to + (s * args.words + rest) * R,
                           Rows::words(rest, args.rows, false, read, sum[s]), R);
        if (sums != nullptr) V::store_first(sums + from, sum[s], cols);
    }
}

/// Words begin..end of all strips.
template <class Rows>
MAST_INLINE void some_strips(const PackArgs& args, std::int64_t begin, std::int64_t end) {
    const std::int64_t strips = piece_count(args.cols, kVectorForm.rows);
    float* const sums =
        args.sums == nullptr ? nullptr : args.sums + begin / kWordsAtOnce * args.cols;
    std::int64_t strip = 0;
    for (; strip + kStripsAtOnce <= strips; strip += kStripsAtOnce)
        strips_at_once<Rows, kStripsAtOnce>(args, strip, begin, end, sums);
    for (; strip < strips; ++strip)
        strips_at_once<Rows, 1>(args, strip, begin, end, sums);
}

/// Rows first..last in words of neighbours.
template <int W, class B>
MAST_INLINE void some_paired_rows(const PackArgs& args, std::int64_t first, std::int64_t last) {
    using V = Simd<W>;
    const std::int64_t cols = args.cols;
    for (std::int64_t r = first; r < last; ++r) {
        const float* from = args.from + r * args.stride;
        float* to = args.to + r * args.words;
        std::int64_t c = 0;
        for (; c + 2 * W <= cols; c += 2 * W)
            V::store(to + c / 2, B::pairs(V::load(from + c), V::load(from + c + W)));
        for (; c < cols; c += 2) {
            const auto second = c + 1 < cols ? V::all(from[c + 1]) : V::all(0.0F);
            V::store_first(to + c / 2, B::pair(V::all(from[c]), second), 1);
        }
    }
}

}  // namespace mast::compute
