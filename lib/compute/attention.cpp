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
    AttentionPlan plan;
    const float* qkv;
    float* probabilities;
    float* out;
    DropoutStream dropout;
};

struct BackwardArgs {
    AttentionPlan plan;
    const float* qkv;
    const float* probabilities;
    const float* dout;
    float* dqkv;
    DropoutStream dropout;
};

/// The factors of dropout for the (n, n) probabilities of one head.
struct HeadDropout {
    const float* factors = nullptr;  ///< null: nothing is dropped

    /// Whole chunks around a head's elements, and around what the last row's padding reads.
    static std::int64_t floats(const AttentionPlan& p, const DropoutStream& stream) {
        if (stream.dropped == 0) return 0;
        const std::int64_t n = p.shape.tokens;
        return (n * n + p.cols) / kDropoutChunk * kDropoutChunk + 2 * kDropoutChunk;
    }
    template <int W>
    MAST_INLINE void draw(const AttentionPlan& p, const DropoutStream& stream, std::int64_t sample,
                          std::int64_t head, float* memory) {
        if (stream.dropped == 0) return;
        const std::int64_t n = p.shape.tokens;
        const std::int64_t first = head * n * n / kDropoutChunk;
        for (std::int64_t chunk = 0; chunk < floats(p, stream) / kDropoutChunk; ++chunk) {
            dropout_chunk<W>(stream, stream.sample + static_cast<std::uint32_t>(sample),
                             first + chunk, memory + chunk * kDropoutChunk);
        }
        factors = memory + (head * n * n - first * kDropoutChunk);
    }
    /// Multiplies what belongs to the probabilities of a row, (cols).
    template <int W>
    MAST_INLINE void apply(const AttentionPlan& p, std::int64_t row, float* values) const {
        using V = Simd<W>;
        if (factors == nullptr || row >= p.shape.tokens) return;
        const float* from = factors + row * p.shape.tokens;
        for (std::int64_t k = 0; k < p.cols; k += W)
            V::store(values + k, V::load(values + k) * V::load(from + k));
    }
};

/// The part of a tile of `shape.tokens` rows that exists.
MAST_INLINE std::int64_t rows_of_tile(const AttentionPlan& p, std::int64_t row) {
    return std::min(kTile, p.shape.tokens - row);
}

template <int W>
MAST_INLINE void forward_head(const ForwardArgs& a, std::int64_t sample, std::int64_t head) {
    const AttentionPlan& p = a.plan;
    const std::int64_t n = p.shape.tokens;
    const std::int64_t width = p.shape.width;
    const float* query = a.qkv + sample * n * 3 * width + head * p.depth;
    float* q = working_memory.get((p.rows + p.cols) * p.depth + p.rows * p.wide +
                                  kTile * (p.cols + p.wide) + HeadDropout::floats(p, a.dropout));
    float* keys_t = q + p.rows * p.depth;
    float* v = keys_t + p.depth * p.cols;
    float* scores = v + p.rows * p.wide;
    float* sums = scores + kTile * p.cols;
    HeadDropout dropout;
    dropout.draw<W>(p, a.dropout, sample, head, sums + kTile * p.wide);
    copy_padded(query, 3 * width, n, p.depth, q, p.rows, p.depth);
    transpose_padded(query + width, 3 * width, n, p.depth, keys_t, p.cols);
    copy_padded(query + 2 * width, 3 * width, n, p.depth, v, p.rows, p.wide);

    const TokenRange depths{0, static_cast<std::int32_t>(p.depth)};
    const TokenRange columns{0, static_cast<std::int32_t>(p.wide)};
    float* kept = a.probabilities + (sample * p.shape.heads + head) * n * n;
    float* out = a.out + sample * n * width + head * p.depth;
    for (std::int64_t row = 0; row < n; row += kTile) {
        const TokenRange keys = overlap(p.keys[row / kTile], p.valid_tokens[sample]);
        tile_product<W>({q + row * p.depth, p.depth, 1}, keys_t, p.cols, depths, scores, p.cols,
                        keys);
        for (std::int64_t r = 0; r < rows_of_tile(p, row); ++r) {
            float* score = scores + r * p.cols;
            masked_softmax<W>(score, p.attend + (row + r) * p.cols, p.valid + sample * p.cols, keys,
                              p.scale, p.cols);
            std::copy(score, score + n, kept + (row + r) * n);
            dropout.apply<W>(p, row + r, score);
        }
        tile_product<W>({scores, p.cols, 1}, v, p.wide, keys, sums, p.wide, columns);
        for (std::int64_t r = 0; r < rows_of_tile(p, row); ++r) {
            const float* sum = sums + r * p.wide;
            std::copy(sum, sum + p.depth, out + (row + r) * width);
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
    std::fill(ds, ds + first, 0.0F);
    for (std::int64_t k = first; k < last; k += W) {
        V::store(ds + k, V::load(p + k) * (V::load(dp + k) - mean) * scale);
    }
    std::fill(ds + last, ds + cols, 0.0F);
}

/// Copies of one head's operands, padded with zeros to whole tiles and vectors.
struct HeadMemory {
    float* q;         // (rows, wide)
    float* k;         // (rows, wide)
    float* dout;      // (rows, wide)
    float* values_t;  // (depth, cols)
    float* p;         // (rows, cols) probabilities
    float* ds;        // (rows, cols) gradient of the scores
    float* dp;        // (tile, cols) gradient of the probabilities
    float* tile;      // (tile, wide) of a result

    static std::int64_t floats(const AttentionPlan& p) {
        return 3 * p.rows * p.wide + p.depth * p.cols + 2 * p.rows * p.cols +
               kTile * (p.cols + p.wide);
    }
    HeadMemory(const AttentionPlan& plan, float* memory)
        : q(memory),
          k(q + plan.rows * plan.wide),
          dout(k + plan.rows * plan.wide),
          values_t(dout + plan.rows * plan.wide),
          p(values_t + plan.depth * plan.cols),
          ds(p + plan.rows * plan.cols),
          dp(ds + plan.rows * plan.cols),
          tile(dp + kTile * plan.cols) {}
};

MAST_INLINE void load_head(const BackwardArgs& a, std::int64_t sample, std::int64_t head,
                           const HeadMemory& m) {
    const AttentionPlan& p = a.plan;
    const std::int64_t n = p.shape.tokens;
    const std::int64_t width = p.shape.width;
    const float* query = a.qkv + sample * n * 3 * width + head * p.depth;
    copy_padded(query, 3 * width, n, p.depth, m.q, p.rows, p.wide);
    copy_padded(query + width, 3 * width, n, p.depth, m.k, p.rows, p.wide);
    transpose_padded(query + 2 * width, 3 * width, n, p.depth, m.values_t, p.cols);
    copy_padded(a.dout + sample * n * width + head * p.depth, width, n, p.depth, m.dout, p.rows,
                p.wide);
    copy_padded(a.probabilities + (sample * p.shape.heads + head) * n * n, n, n, n, m.p, p.rows,
                p.cols);
}

/// Rows of a finished tile go to `to`, whose rows are those of dqkv.
MAST_INLINE void store_tile(const AttentionPlan& p, const float* tile, std::int64_t rows,
                            float* to) {
    for (std::int64_t r = 0; r < rows; ++r) {
        std::copy(tile + r * p.wide, tile + r * p.wide + p.depth, to + r * 3 * p.shape.width);
    }
}

template <int W>
MAST_INLINE void backward_head(const BackwardArgs& a, std::int64_t sample, std::int64_t head) {
    const AttentionPlan& p = a.plan;
    const std::int64_t n = p.shape.tokens;
    const std::int64_t width = p.shape.width;
    const HeadMemory m(
        p, working_memory.get(HeadMemory::floats(p) + HeadDropout::floats(p, a.dropout)));
    load_head(a, sample, head, m);
    HeadDropout dropout;
    dropout.draw<W>(p, a.dropout, sample, head, m.tile + kTile * p.wide);
    const TokenRange depths{0, static_cast<std::int32_t>(p.depth)};
    const TokenRange columns{0, static_cast<std::int32_t>(p.wide)};
    float* dq = a.dqkv + sample * n * 3 * width + head * p.depth;
    for (std::int64_t row = 0; row < n; row += kTile) {
        const TokenRange keys = overlap(p.keys[row / kTile], p.valid_tokens[sample]);
        tile_product<W>({m.dout + row * p.wide, p.wide, 1}, m.values_t, p.cols, depths, m.dp,
                        p.cols, keys);
        for (std::int64_t r = 0; r < kTile; ++r) {
            dropout.apply<W>(p, row + r, m.dp + r * p.cols);
            softmax_gradient<W>(m.p + (row + r) * p.cols, m.dp + r * p.cols, keys, p.scale, p.cols,
                                m.ds + (row + r) * p.cols);
            dropout.apply<W>(p, row + r, m.p + (row + r) * p.cols);
        }
        tile_product<W>({m.ds + row * p.cols, p.cols, 1}, m.k, p.wide, keys, m.tile, p.wide,
                        columns);
        store_tile(p, m.tile, rows_of_tile(p, row), dq + row * 3 * width);
    }
    for (std::int64_t key = 0; key < n; key += kTile) {
        const TokenRange rows = p.queries[key / kTile];
        const std::int64_t count = rows_of_tile(p, key);
        tile_product<W>({m.ds + key, 1, p.cols}, m.q, p.wide, rows, m.tile, p.wide, columns);
        store_tile(p, m.tile, count, dq + key * 3 * width + width);
        tile_product<W>({m.p + key, 1, p.cols}, m.dout, p.wide, rows, m.tile, p.wide, columns);
        store_tile(p, m.tile, count, dq + key * 3 * width + 2 * width);
    }
}

template <int W>
MAST_INLINE void forward(const ForwardArgs& a, std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) {
        forward_head<W>(a, i / a.plan.shape.heads, i % a.plan.shape.heads);
    }
}

template <int W>
MAST_INLINE void backward(const BackwardArgs& a, std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) {
        backward_head<W>(a, i / a.plan.shape.heads, i % a.plan.shape.heads);
    }
}

MAST_KERNEL(forward, ForwardArgs);
MAST_KERNEL(backward, BackwardArgs);

/// Throws std::logic_error if an operand does not have the size that `s` asks for.
void check(const AttentionShape& s, Matrix<const float> qkv, const AttentionMask& mask,
           std::size_t probabilities, std::int64_t out_rows, std::int64_t out_cols) {
    const auto n = s.tokens;
    MAST_ASSERT(s.batch >= 0 && n >= 1 && s.heads >= 1 && s.width >= 1);
    MAST_ASSERT(s.width % s.heads == 0);
    MAST_ASSERT(qkv.rows == s.batch * n && qkv.cols == 3 * s.width);
    MAST_ASSERT(out_rows == s.batch * n && out_cols == s.width);
    MAST_ASSERT(static_cast<std::int64_t>(mask.attend.size()) == n * n);
    MAST_ASSERT(mask.valid.empty() || static_cast<std::int64_t>(mask.valid.size()) == s.batch * n);
    MAST_ASSERT(static_cast<std::int64_t>(probabilities) == s.batch * s.heads * n * n);
}

}  // namespace

void attention(const AttentionShape& shape, Matrix<const float> qkv, const AttentionMask& mask,
               std::span<float> probabilities, Matrix<float> out, const DropoutKey& dropout) {
    const OpTimer timer(Op::attention);
    check(shape, qkv, mask, probabilities.size(), out.rows, out.cols);
    const ForwardArgs args{plan_attention(shape, mask), qkv.data, probabilities.data(), out.data,
                           dropout_stream(dropout)};
    const auto piece = forward_here();
    parallel_for(shape.batch * shape.heads, 1,
                 [&](std::int64_t first, std::int64_t last) { piece(args, first, last); });
}

void attention_backward(const AttentionShape& shape, Matrix<const float> qkv,
                        const AttentionMask& mask, std::span<const float> probabilities,
                        Matrix<const float> dout, Matrix<float> dqkv, const DropoutKey& dropout) {
    const OpTimer timer(Op::attention_backward);
    check(shape, qkv, mask, probabilities.size(), dout.rows, dout.cols);
    MAST_ASSERT(dqkv.rows == qkv.rows && dqkv.cols == qkv.cols);
    const BackwardArgs args{
        plan_attention(shape, mask), qkv.data, probabilities.data(), dout.data, dqkv.data,
        dropout_stream(dropout)};
    const auto piece = backward_here();
    parallel_for(shape.batch * shape.heads, 1,
                 [&](std::int64_t first, std::int64_t last) { piece(args, first, last); });
}

}  // namespace mast::compute
