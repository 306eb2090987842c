// What becomes of the sums of a product's tile: a bias, an addend, GELU or a factor, rounding.
//
// To be included by kernels only.
#pragma once

#include <algorithm>
#include <cstdint>

#include "compute/gelu_kernel.h"
#include "compute/operand_kernel.h"
#include "compute/precision.h"
#include "compute/simd.h"

namespace mast::compute {

/// out[r, c] = f(sum + bias[c] + add[r, c]), where f is GELU if its derivative is wanted, in
/// `slope`, and otherwise the product with times[r, c]. Null leaves an operand out. Strides count
/// words from row to row.
struct TileOut {
    float* out = nullptr;                  ///< a row of words
    std::int64_t col = 0;                  ///< of it, where the tile begins
    std::int64_t stride = 0;               ///< of `out`, `times` and `slope`
    Precision precision = Precision::f32;  ///< of the same
    const float* bias = nullptr;           ///< of the tile's first column
    const float* add = nullptr;            ///< of the tile's first element; may be that of `out`
    std::int64_t add_stride = 0;
    const float* times = nullptr;  ///< a row of words
    float* slope = nullptr;        ///< a row of words
};

/// Fetches the lines of one matrix of words that a tile reads or writes at its end, so that they
/// arrive while it is multiplied.
template <bool IsWritten>
MAST_INLINE void fetch_rows(const float* row, std::int64_t stride, std::int64_t rows,
                            std::int64_t words) {
    constexpr std::int64_t kLine = 16;
    for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t w = 0; w < words; w += kLine)
            __builtin_prefetch(row + r * stride + w, IsWritten ? 1 : 0);
    }
}

/// What becomes of (rows, cols) sums.
MAST_INLINE void fetch_ahead(const TileOut& o, std::int64_t rows, std::int64_t cols) {
    const std::int64_t first = words_of(o.col, o.precision);
    const std::int64_t words = words_of(cols, o.precision);
    fetch_rows<true>(o.out + first, o.stride, rows, words);
    if (o.slope != nullptr) fetch_rows<true>(o.slope + first, o.stride, rows, words);
    if (o.times != nullptr) fetch_rows<false>(o.times + first, o.stride, rows, words);
    if (o.add != nullptr && o.add != o.out + first)
        fetch_rows<false>(o.add, o.add_stride, rows, cols);
}

/// A whole vector of a row, or its first `count` elements.
template <int W>
struct WholeVector {
    using Floats = typename Simd<W>::Floats;
    static MAST_INLINE Floats load(const float* from) { return Simd<W>::load(from); }
    template <class Row>
    static MAST_INLINE Floats load(const Row& row, std::int64_t col) {
        return row.load(col);
    }
    template <class Row>
    static MAST_INLINE void store(const Row& row, std::int64_t col, const Floats& v) {
        row.store(col, v);
    }
};
template <int W>
struct PartOfVector {
    using Floats = typename Simd<W>::Floats;
    std::int64_t count;

    MAST_INLINE Floats load(const float* from) const { return Simd<W>::load_first(from, count); }
    template <class Row>
    MAST_INLINE Floats load(const Row& row, std::int64_t col) const {
        return row.load_first(col, count);
    }
    template <class Row>
    MAST_INLINE void store(const Row& row, std::int64_t col, const Floats& v) const {
        row.store_first(col, v, count);
    }
};

/// One vector of sums, of row r and from column c of the tile on.
template <int W, class B, bool IsGelu, class Part>
MAST_INLINE void store_sums(const typename Simd<W>::Floats& raw, const TileOut& o, std::int64_t r,
                            std::int64_t c, const Part& part) {
    auto sum = raw;
    if (o.bias != nullptr) sum += part.load(o.bias + c);
    if (o.add != nullptr) sum += part.load(o.add + r * o.add_stride + c);
    if (o.times != nullptr) {
        const OperandRow<W, const float, B> times{o.times + r * o.stride, o.precision};
        sum *= part.load(times, o.col + c);
    }
    if constexpr (IsGelu) {
        const Gelu<W, B> y(sum);
        const OperandRow<W, float, B> slope{o.slope + r * o.stride, o.precision};
        part.store(slope, o.col + c, y.slope);
        sum = y.out;
    }
    const OperandRow<W, float, B> out{o.out + r * o.stride, o.precision};
    part.store(out, o.col + c, sum);
}

template <int W, class B, bool IsGelu>
MAST_INLINE void store_all_rows(const float* sums, std::int64_t stride, std::int64_t rows,
                                std::int64_t cols, const TileOut& o) {
    for (std::int64_t r = 0; r < rows; ++r) {
        const float* const row = sums + r * stride;
        std::int64_t c = 0;
        for (; c + W <= cols; c += W)
            store_sums<W, B, IsGelu>(Simd<W>::load(row + c), o, r, c, WholeVector<W>{});
        if (c < cols)
            store_sums<W, B, IsGelu>(Simd<W>::load(row + c), o, r, c, PartOfVector<W>{cols - c});
    }
}

/// Sums (rows, cols) that lie in memory, `stride` apart.
template <int W, class B>
MAST_INLINE void store_rows(const float* sums, std::int64_t stride, std::int64_t rows,
                            std::int64_t cols, const TileOut& o) {
    if (o.slope != nullptr) {
        store_all_rows<W, B, true>(sums, stride, rows, cols, o);
    } else {
        store_all_rows<W, B, false>(sums, stride, rows, cols, o);
    }
}

}  // namespace mast::compute
