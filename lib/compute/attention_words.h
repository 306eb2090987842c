// What attention's products read: words that are a float each, or two bfloat16 (precision.h). Along
// the depth of a product pairs are neighbours: columns of a row in one product, rows in the other.
//
// To be included by kernels only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "compute/attention_plan.h"
#include "compute/attention_product.h"
#include "compute/bf16.h"
#include "compute/f32.h"
#include "compute/operand_kernel.h"
#include "compute/simd.h"
#include "compute/transpose.h"
#include "compute/turn.h"

namespace mast::compute {

/// Rows are short: a call of the library's copy for each would cost more than the copy.
template <int W>
MAST_INLINE void copy_row(const float* from, std::int64_t count, float* to) {
    using V = Simd<W>;
    std::int64_t i = 0;
    for (; i + W <= count; i += W)
        V::store(to + i, V::load(from + i));
    if (i == count) return;
    if (count > W) {  // the last vector, part of it once more
        V::store(to + count - W, V::load(from + count - W));
        return;
    }
    for (; i < count; ++i)
        to[i] = from[i];
}

template <int W>
MAST_INLINE void clear_row(float* to, std::int64_t count) {
    using V = Simd<W>;
    std::int64_t i = 0;
    for (; i + W <= count; i += W)
        V::store(to + i, V::all(0.0F));
    if (i < count && count > W) {
        V::store(to + count - W, V::all(0.0F));
        return;
    }
    for (; i < count; ++i)
        to[i] = 0.0F;
}

/// Rows of a matrix of words: all, one after another, or those of a list.
struct SourceRows {
    const float* data = nullptr;
    std::int64_t stride = 0;
    const std::int64_t* index = nullptr;

    MAST_INLINE const float* operator()(std::int64_t r) const {
        return data + (index == nullptr ? r : index[r]) * stride;
    }
};

/// Lets a part, `part` of `parts`, of rows that will be read soon come into the cache meanwhile:
/// one head's are too far apart for the processor to see what comes next. In parts, because only
/// some lines can be on their way at once, and the others would be waited for. Not more than a part
/// of the cache: what is being read must stay.
MAST_INLINE void fetch_ahead(const SourceRows& from, std::int64_t rows, std::int64_t words,
                             std::int64_t part, std::int64_t parts) {
    constexpr std::int64_t kLine = 16;       // words of a line of the cache
    constexpr std::int64_t kMost = 1 << 16;  // 256 KB
    const std::int64_t count = std::min(rows, kMost / std::max<std::int64_t>(words, 1));
    for (std::int64_t r = count * part / parts; r < count * (part + 1) / parts; ++r) {
        const float* const row = from(r);
        for (std::int64_t w = 0; w < words; w += kLine)
            __builtin_prefetch(row + w, 0, 2);
    }
}

/// Queries, keys and values of one head of a sample.
struct HeadRows {
    SourceRows q, k, v;

    MAST_INLINE HeadRows(const AttentionPlan& p, const SamplePlan& s, const float* qkv,
                         std::int64_t head) {
        const std::int64_t width = words_of(p.shape().width, p.shape().precision);
        const float* const first = qkv + s.first_key * 3 * width + head * p.depth_words();
        q = {first, 3 * width, s.query};
        k = {first + width, 3 * width};
        v = {first + 2 * width, 3 * width};
    }
    MAST_INLINE void fetch_ahead(const SamplePlan& s, std::int64_t words, std::int64_t part,
                                 std::int64_t parts) const {
        compute::fetch_ahead(q, s.queries, words, part, parts);
        compute::fetch_ahead(k, s.keys, words, part, parts);
        compute::fetch_ahead(v, s.keys, words, part, parts);
    }
};

/// to (all_rows, stride) = from (rows, words), zeros around it.
template <int W>
MAST_INLINE void copy_padded(const SourceRows& from, std::int64_t rows, std::int64_t words,
                             float* to, std::int64_t all_rows, std::int64_t stride) {
    for (std::int64_t r = 0; r < rows; ++r) {
        copy_row<W>(from(r), words, to + r * stride);
        clear_row<W>(to + r * stride + words, stride - words);
    }
    clear_row<W>(to + rows * stride, (all_rows - rows) * stride);
}

/// What both precisions have in common with vectors.
struct VectorWords {
    /// Rows of words become columns (words, stride), with zeros beside them.
    static MAST_INLINE void turn(const SourceRows& from, std::int64_t rows, std::int64_t words,
                                 float* to, std::int64_t stride) {
        transpose_padded(from.data, from.stride, rows, words, to, stride);
    }
    /// What was kept of rows of queries (rows, cols), turned, from key `key` on: the left operand
    /// of sums over the queries.
    static MAST_INLINE TileRows by_keys(const float* kept, std::int64_t key, std::int64_t cols,
                                        std::int64_t) {
        return {kept + key, 1, cols};
    }
};

/// Single precision.
template <int W>
struct SingleWords : VectorWords {
    using Rounding = Bf16<W>;  ///< of results that are wanted in bfloat16
    using Products = VectorProducts<W, F32<W>>;
    static constexpr Precision kPrecision = Precision::f32;

    /// Rows of `cols` elements become a right operand whose depth is the rows: (words of all_rows,
    /// stride), with zeros around them.
    static MAST_INLINE void stack(const SourceRows& from, std::int64_t rows, std::int64_t cols,
                                  float* to, std::int64_t all_rows, std::int64_t stride) {
        copy_padded<W>(from, rows, cols, to, all_rows, stride);
    }
    /// The elements of a row as floats.
    static MAST_INLINE void load(const float* words, std::int64_t cols, float* to) {
        copy_row<W>(words, cols, to);
    }
};

/// bfloat16. B: bf16.h. Numbers of padded rows are even, and padded columns whole vectors.
template <int W, class B>
struct PairedWords : VectorWords {
    using V = Simd<W>;
    using Rounding = B;
    using Products = VectorProducts<W, B>;
    static constexpr Precision kPrecision = Precision::bf16;

    static MAST_INLINE void stack(const SourceRows& from, std::int64_t rows, std::int64_t cols,
                                  float* to, std::int64_t all_rows, std::int64_t stride) {
        for (std::int64_t r = 0; r < rows; r += 2) {
            float* const row = to + r / 2 * stride;
            if (r + 1 < rows) {
                stack_two(from(r), from(r + 1), cols, row);
            } else {
                stack_last(from(r), cols, row);
            }
            clear_row<W>(row + cols, stride - cols);
        }
        const std::int64_t done = words_of(rows, kPrecision);
        clear_row<W>(to + done * stride, (all_rows / 2 - done) * stride);
    }
    static MAST_INLINE void load(const float* words, std::int64_t cols, float* to) {
        for (std::int64_t c = 0; c < cols; c += W)
            V::store(to + c, widen<W>(load_halves<W>(half(words, c))));
    }
    /// A row of floats (cols), whole vectors, rounded.
    static MAST_INLINE void round(const float* from, std::int64_t cols, float* to) {
        std::int64_t c = 0;
        for (; c + 2 * W <= cols; c += 2 * W)
            V::store(to + c / 2, B::pairs(V::load(from + c), V::load(from + c + W)));
        if (c == cols) return;
        const auto words = B::pairs(V::load(from + c), V::all(0.0F));
        std::memcpy(to + c / 2, &words, sizeof words / 2);
    }
    /// A tile of floats (tile rows, cols) from row `row` on is rounded and becomes a part of what
    /// by_keys() reads, which is of `rows` rows and begins at `to`.
    static MAST_INLINE void keep_for_keys(const float* from, std::int64_t row, std::int64_t cols,
                                          std::int64_t, float* to) {
        for (std::int64_t r = 0; r < Products::kTile.rows; r += 2) {
            const float* const first = from + r * cols;
            for (std::int64_t c = 0; c < cols; c += W)
                V::store(to + (row + r) / 2 * cols + c,
                         B::pair(V::load(first + c), V::load(first + cols + c)));
        }
    }

  private:
    static MAST_INLINE const char* half(const float* row, std::int64_t col) {
        return reinterpret_cast<const char*>(row) + 2 * col;
    }
    static MAST_INLINE void stack_two(const float* first, const float* second, std::int64_t cols,
                                      float* to) {
        std::int64_t c = 0;
        for (; c + W <= cols; c += W)
            V::store(to + c, interleave<W>(load_halves<W>(half(first, c)),
                                           load_halves<W>(half(second, c))));
        if (c == cols) return;
        const auto words = interleave<W>(load_first_halves<W>(half(first, c), cols - c),
                                         load_first_halves<W>(half(second, c), cols - c));
        V::store_first(to + c, words, cols - c);
    }
    static MAST_INLINE void stack_last(const float* row, std::int64_t cols, float* to) {
        std::int64_t c = 0;
        for (; c + W <= cols; c += W)
            V::store(to + c, interleave<W>(load_halves<W>(half(row, c)), typename V::Halves{}));
        if (c == cols) return;
        const auto words =
            interleave<W>(load_first_halves<W>(half(row, c), cols - c), typename V::Halves{});
        V::store_first(to + c, words, cols - c);
    }
};

#if defined(__x86_64__)
/// bfloat16 for tile registers. What is padded is whole registers.
struct AmxWords : PairedWords<16, AmxRounding> {
    using Products = AmxProducts;
    using V = Simd<16>;

    static MAST_INLINE void turn(const SourceRows& from, std::int64_t rows, std::int64_t words,
                                 float* to, std::int64_t stride) {
        for (std::int64_t r = 0; r < stride; r += kAmxRows) {
            for (std::int64_t w = 0; w < words; w += kAmxWords)
                turn_block(from, {r, rows}, {w, words}, to + w * stride + r, stride);
        }
    }
    /// Turned at once: rows of keys are `rows` / 2 words.
    static MAST_INLINE void keep_for_keys(const float* from, std::int64_t row, std::int64_t cols,
                                          std::int64_t rows, float* to) {
        for (std::int64_t c = 0; c < cols; c += 16) {
            V::Floats block[16];
            for (std::int64_t i = 0; i < 16; ++i) {
                const float* const first = from + 2 * i * cols + c;
                block[i] = Rounding::pair(V::load(first), V::load(first + cols));
            }
            store_turned(block, to + c * rows / 2 + row / 2, rows / 2);
        }
    }
    static MAST_INLINE TileRows by_keys(const float* kept, std::int64_t key, std::int64_t,
                                        std::int64_t rows) {
        return {kept + key * rows / 2, rows / 2, 1};
    }

  private:
    /// Those from `first` on of `all` that there are.
    struct Rest {
        std::int64_t first;
        std::int64_t all;
    };
    static MAST_INLINE void turn_block(const SourceRows& from, Rest rows, Rest words, float* to,
                                       std::int64_t stride) {
        V::Floats block[16];
        const std::int64_t count = std::min<std::int64_t>(16, words.all - words.first);
        for (std::int64_t i = 0; i < 16; ++i) {
            block[i] = V::all(0.0F);
            if (rows.first + i >= rows.all) continue;
            const float* const row = from(rows.first + i) + words.first;
            block[i] = count == 16 ? V::load(row) : V::load_first(row, count);
        }
        store_turned(block, to, stride);
    }
    static MAST_INLINE void store_turned(V::Floats (&block)[16], float* to, std::int64_t stride) {
        turn_square(block);
        for (std::int64_t i = 0; i < 16; ++i)
            V::store(to + i * stride, block[i]);
    }
};
#endif

/// Ranges of elements along a depth, in words.
template <class Words>
MAST_INLINE TokenRange in_words(TokenRange elements) {
    if constexpr (Words::kPrecision == Precision::f32) return elements;
    return {elements.first / 2, (elements.last + 1) / 2};
}

}  // namespace mast::compute
