#include "compute/attention.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "compute/attention_kernel.h"
#include "compute/attention_plan.h"
#include "compute/dropout_kernel.h"
#include "compute/isa.h"
#include "compute/parallel.h"
#include "compute/profile.h"
#include "compute/scratch.h"

namespace mast::compute {

namespace {

thread_local Scratch working_memory;

struct ForwardArgs {
    const AttentionPlan& plan;
    const float* qkv;
    float* probabilities;
    Operand<float> out;
    DropoutStream dropout;
};

struct BackwardArgs {
    const AttentionPlan& plan;
    const float* qkv;
    const float* probabilities;
    const float* dout;
    Operand<float> dqkv;
    DropoutStream dropout;
};

/// The factors of dropout for the probabilities of one head, each by its place in (n, n).
struct HeadDropout {
    const float* factors = nullptr;  ///< null: nothing is dropped

    /// Whole chunks around a head's elements, and around what the last row's padding reads.
    static std::int64_t floats(const AttentionPlan& p, const DropoutStream& stream) {
        if (stream.dropped == 0) return 0;
        const std::int64_t n = p.shape().tokens;
        return (n * n + PaddedSizes(n, n).cols) / kDropoutChunk * kDropoutChunk + 2 * kDropoutChunk;
    }
    template <int W>
    MAST_INLINE void draw(const AttentionPlan& p, const DropoutStream& stream, std::int64_t sample,
                          std::int64_t head, float* memory) {
        if (stream.dropped == 0) return;
        const std::int64_t n = p.shape().tokens;
        const std::int64_t first = head * n * n / kDropoutChunk;
        for (std::int64_t chunk = 0; chunk < floats(p, stream) / kDropoutChunk; ++chunk) {
            dropout_chunk<W>(stream, stream.sample + static_cast<std::uint32_t>(sample),
                             first + chunk, memory + chunk * kDropoutChunk);
        }
        factors = memory + (head * n * n - first * kDropoutChunk);
    }
    /// Multiplies what belongs to the probabilities of a row, (cols).
    template <int W>
    MAST_INLINE void apply(const AttentionPlan& p, const SamplePlan& s, std::int64_t row,
                           float* values) const {
        using V = Simd<W>;
        if (factors == nullptr || row >= s.queries) return;
        const std::int64_t n = p.shape().tokens;
        const float* from = factors + s.token[s.query[row]] * n;
        if (s.keys < n) {
            for (std::int64_t k = 0; k < s.keys; ++k)
                values[k] *= from[s.token[k]];
            return;
        }
        for (std::int64_t k = 0; k < s.padded.cols; k += W)
            V::store(values + k, V::load(values + k) * V::load(from + k));
    }
};

/// The part of a tile of `all` rows that exists.
MAST_INLINE std::int64_t rows_of_tile(std::int64_t all, std::int64_t row) {
    return std::min(kTile, all - row);
}

/// Copies of one head's operands, padded with zeros to whole tiles and vectors.
struct ForwardMemory {
    float* q;       // (rows, depth)
    float* keys_t;  // (depth, cols)
    float* v;       // (key_rows, wide)
    float* scores;  // (tile, cols)
    float* sums;    // (tile, wide) of the result

    static std::int64_t floats(const AttentionPlan& p, const PaddedSizes& s) {
        return (s.rows + s.cols) * p.depth() + s.key_rows * p.wide() + kTile * (s.cols + p.wide());
    }
    ForwardMemory(const AttentionPlan& p, const PaddedSizes& s, float* memory)
        : q(memory),
          keys_t(q + s.rows * p.depth()),
          v(keys_t + p.depth() * s.cols),
          scores(v + s.key_rows * p.wide()),
          sums(scores + kTile * s.cols) {}
};

template <int W>
MAST_INLINE void forward_head(const ForwardArgs& a, std::int64_t sample, std::int64_t head) {
    const AttentionPlan& p = a.plan;
    const SamplePlan s = p.sample(sample);
    const std::int64_t width = p.shape().width;
    const std::int64_t depth = p.depth();
    const std::int64_t wide = p.wide();
    const std::int64_t cols = s.padded.cols;
    const float* query = a.qkv + s.first_key * 3 * width + head * depth;
    // Room for all tokens at once: the samples of later calls may have more rows.
    const PaddedSizes most(p.shape().tokens, p.shape().tokens);
    float* memory =
        working_memory.get(ForwardMemory::floats(p, most) + HeadDropout::floats(p, a.dropout));
    const ForwardMemory m(p, s.padded, memory);
    HeadDropout dropout;
    dropout.draw<W>(p, a.dropout, sample, head, memory + ForwardMemory::floats(p, most));
    gather_padded<W>(query, 3 * width, s.query, s.queries, depth, m.q, s.padded.rows, depth);
    transpose_padded(query + width, 3 * width, s.keys, depth, m.keys_t, cols);
    copy_padded<W>(query + 2 * width, 3 * width, s.keys, depth, m.v, s.padded.key_rows, wide);

    const TokenRange depths{0, static_cast<std::int32_t>(depth)};
    const TokenRange columns{0, static_cast<std::int32_t>(wide)};
    float* kept = a.probabilities + s.probabilities + head * s.queries * s.keys;
    for (std::int64_t row = 0; row < s.queries; row += kTile) {
        const TokenRange keys = s.seen[row / kTile];
        tile_product<W>({m.q + row * depth, depth, 1}, m.keys_t, cols, depths, m.scores, cols,
                        keys);
        for (std::int64_t r = 0; r < rows_of_tile(s.queries, row); ++r) {
            float* score = m.scores + r * cols;
            masked_softmax<W>(score, s.attend + (row + r) * cols, keys, p.scale(), cols);
            copy_row<W>(score, s.keys, kept + (row + r) * s.keys);
            dropout.apply<W>(p, s, row + r, score);
        }
        tile_product<W>({m.scores, cols, 1}, m.v, wide, keys, m.sums, wide, columns);
        for (std::int64_t r = 0; r < rows_of_tile(s.queries, row); ++r) {
            put_row<W>(m.sums + r * wide, depth, a.out, s.first_query + row + r, head * depth);
        }
    }
}

/// ds = scale p (dp - sum of p dp) over the keys of a row, 0 outside: the softmax's gradient.
template <int W>
MAST_INLINE void softmax_gradient(const float* p, const float* dp, TokenRange keys, float scale,
                                  std::int64_t cols, float* ds) {
    using V = Simd<W>;
    const std::int64_t first = keys.first < keys.last ? keys.first / W * W : 0;
    const std::int64_t last = keys.first < keys.last ? (keys.last + W - 1) / W * W : 0;
    auto sum = V::all(0.0F);
    for (std::int64_t k = first; k < last; k += W)
        sum += V::load(p + k) * V::load(dp + k);
    const float mean = V::sum(sum);
    clear_row<W>(ds, first);
    for (std::int64_t k = first; k < last; k += W) {
        V::store(ds + k, V::load(p + k) * (V::load(dp + k) - mean) * scale);
    }
    clear_row<W>(ds + last, cols - last);
}

/// The same for the backward pass.
struct BackwardMemory {
    float* q;         // (rows, wide)
    float* dout;      // (rows, wide)
    float* k;         // (key_rows, wide)
    float* values_t;  // (depth, cols)
    float* p;         // (rows, cols) probabilities
    float* ds;        // (rows, cols) gradient of the scores
    float* dp;        // (tile, cols) gradient of the probabilities
    float* tile;      // (tile, wide) of a result

    static std::int64_t floats(const AttentionPlan& p, const PaddedSizes& s) {
        return (2 * s.rows + s.key_rows) * p.wide() + p.depth() * s.cols + 2 * s.rows * s.cols +
               kTile * (s.cols + p.wide());
    }
    BackwardMemory(const AttentionPlan& plan, const PaddedSizes& s, float* memory)
        : q(memory),
          dout(q + s.rows * plan.wide()),
          k(dout + s.rows * plan.wide()),
          values_t(k + s.key_rows * plan.wide()),
          p(values_t + plan.depth() * s.cols),
          ds(p + s.rows * s.cols),
          dp(ds + s.rows * s.cols),
          tile(dp + kTile * s.cols) {}
};

template <int W>
MAST_INLINE void load_head(const BackwardArgs& a, const SamplePlan& s, std::int64_t head,
                           const BackwardMemory& m) {
    const AttentionPlan& p = a.plan;
    const std::int64_t width = p.shape().width;
    const std::int64_t depth = p.depth();
    const std::int64_t wide = p.wide();
    const float* query = a.qkv + s.first_key * 3 * width + head * depth;
    const float* dout = a.dout + s.first_query * width + head * depth;
    const float* kept = a.probabilities + s.probabilities + head * s.queries * s.keys;
    gather_padded<W>(query, 3 * width, s.query, s.queries, depth, m.q, s.padded.rows, wide);
    copy_padded<W>(query + width, 3 * width, s.keys, depth, m.k, s.padded.key_rows, wide);
    transpose_padded(query + 2 * width, 3 * width, s.keys, depth, m.values_t, s.padded.cols);
    copy_padded<W>(dout, width, s.queries, depth, m.dout, s.padded.rows, wide);
    copy_padded<W>(kept, s.keys, s.queries, s.keys, m.p, s.padded.rows, s.padded.cols);
}

/// Rows of a finished tile go to those of dqkv from `first` on, from column `col` on.
template <int W>
MAST_INLINE void store_tile(const BackwardArgs& a, const float* tile, std::int64_t rows,
                            std::int64_t first, std::int64_t col) {
    for (std::int64_t r = 0; r < rows; ++r)
        put_row<W>(tile + r * a.plan.wide(), a.plan.depth(), a.dqkv, first + r, col);
}

/// The same for rows first + index[r].
template <int W>
MAST_INLINE void scatter_tile(const BackwardArgs& a, const float* tile, std::int64_t rows,
                              const std::int64_t* index, std::int64_t first, std::int64_t col) {
    for (std::int64_t r = 0; r < rows; ++r)
        put_row<W>(tile + r * a.plan.wide(), a.plan.depth(), a.dqkv, first + index[r], col);
}

template <int W>
MAST_INLINE void backward_head(const BackwardArgs& a, std::int64_t sample, std::int64_t head) {
    const AttentionPlan& p = a.plan;
    const SamplePlan s = p.sample(sample);
    const std::int64_t width = p.shape().width;
    const std::int64_t wide = p.wide();
    const std::int64_t cols = s.padded.cols;
    const PaddedSizes most(p.shape().tokens, p.shape().tokens);
    float* memory =
        working_memory.get(BackwardMemory::floats(p, most) + HeadDropout::floats(p, a.dropout));
    const BackwardMemory m(p, s.padded, memory);
    load_head<W>(a, s, head, m);
    HeadDropout dropout;
    dropout.draw<W>(p, a.dropout, sample, head, memory + BackwardMemory::floats(p, most));
    const TokenRange depths{0, static_cast<std::int32_t>(p.depth())};
    const TokenRange columns{0, static_cast<std::int32_t>(wide)};
    const std::int64_t query_col = head * p.depth();
    if (s.queries < s.keys) {
        for (std::int64_t k = 0; k < s.keys; ++k)
            zero_row<W>(p.depth(), a.dqkv, s.first_key + k, query_col);
    }
    for (std::int64_t row = 0; row < s.queries; row += kTile) {
        const TokenRange keys = s.seen[row / kTile];
        tile_product<W>({m.dout + row * wide, wide, 1}, m.values_t, cols, depths, m.dp, cols, keys);
        for (std::int64_t r = 0; r < kTile; ++r) {
            dropout.apply<W>(p, s, row + r, m.dp + r * cols);
            softmax_gradient<W>(m.p + (row + r) * cols, m.dp + r * cols, keys, p.scale(), cols,
                                m.ds + (row + r) * cols);
            dropout.apply<W>(p, s, row + r, m.p + (row + r) * cols);
        }
        tile_product<W>({m.ds + row * cols, cols, 1}, m.k, wide, keys, m.tile, wide, columns);
        scatter_tile<W>(a, m.tile, rows_of_tile(s.queries, row), s.query + row, s.first_key,
                        query_col);
    }
    for (std::int64_t key = 0; key < s.keys; key += kTile) {
        const TokenRange rows = s.seeing[key / kTile];
        const std::int64_t count = rows_of_tile(s.keys, key);
        tile_product<W>({m.ds + key, 1, cols}, m.q, wide, rows, m.tile, wide, columns);
        store_tile<W>(a, m.tile, count, s.first_key + key, query_col + width);
        tile_product<W>({m.p + key, 1, cols}, m.dout, wide, rows, m.tile, wide, columns);
        store_tile<W>(a, m.tile, count, s.first_key + key, query_col + 2 * width);
    }
}

template <int W>
MAST_INLINE void forward(const ForwardArgs& a, std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) {
        forward_head<W>(a, i / a.plan.shape().heads, i % a.plan.shape().heads);
    }
}

template <int W>
MAST_INLINE void backward(const BackwardArgs& a, std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) {
        backward_head<W>(a, i / a.plan.shape().heads, i % a.plan.shape().heads);
    }
}

MAST_KERNEL(forward, ForwardArgs);
MAST_KERNEL(backward, BackwardArgs);

/// Throws std::logic_error if an operand does not have the size that the plan asks for.
void check(const AttentionPlan& p, Matrix<const float> qkv, std::size_t probabilities,
           std::int64_t out_rows, std::int64_t out_cols) {
    MAST_ASSERT(qkv.rows == p.keys() && qkv.cols == 3 * p.shape().width);
    MAST_ASSERT(out_rows == p.queries() && out_cols == p.shape().width);
    MAST_ASSERT(static_cast<std::int64_t>(probabilities) == p.probabilities());
}

}  // namespace

void attention(const AttentionPlan& plan, Matrix<const float> qkv, std::span<float> probabilities,
               Operand<float> out, const DropoutKey& dropout) {
    const OpTimer timer(Op::attention);
    check(plan, qkv, probabilities.size(), out.rows, out.cols);
    const ForwardArgs args{plan, qkv.data, probabilities.data(), out, dropout_stream(dropout)};
    out.clear_padding();
    const auto piece = forward_here();
    parallel_for(plan.shape().batch * plan.shape().heads, 1,
                 [&](std::int64_t first, std::int64_t last) { piece(args, first, last); });
}

void attention_backward(const AttentionPlan& plan, Matrix<const float> qkv,
                        std::span<const float> probabilities, Matrix<const float> dout,
                        Operand<float> dqkv, const DropoutKey& dropout) {
    const OpTimer timer(Op::attention_backward);
    check(plan, qkv, probabilities.size(), dout.rows, dout.cols);
    MAST_ASSERT(dqkv.rows == qkv.rows && dqkv.cols == qkv.cols);
    const BackwardArgs args{plan,      qkv.data, probabilities.data(),
                            dout.data, dqkv,     dropout_stream(dropout)};
    dqkv.clear_padding();
    const auto piece = backward_here();
    parallel_for(plan.shape().batch * plan.shape().heads, 1,
                 [&](std::int64_t first, std::int64_t last) { piece(args, first, last); });
}

}  // namespace mast::compute
