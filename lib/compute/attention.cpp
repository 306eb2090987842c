#include "compute/attention.h"

#include "base/assert.h"
#include "compute/attention_dropout.h"
#include "compute/attention_kernel.h"
#include "compute/attention_plan.h"
#include "compute/isa.h"
#include "compute/parallel.h"
#include "compute/profile.h"
#include "compute/scratch.h"

namespace mast::compute {

namespace {

thread_local Scratch working_memory;

struct Args {
    const AttentionPlan& plan;
    const float* qkv;
    float* probabilities;
    Operand<float> out;
    DropoutStream dropout;
};

/// Copies of one head's operands, padded with zeros to whole tiles and vectors.
struct Memory {
    float* q;        // (rows, product words)
    float* keys_t;   // (product words, cols)
    float* v;        // (words of key_rows, wide)
    float* scores;   // (tile, cols)
    float* weights;  // (tile, words of cols)
    float* sums;     // (tile, wide) of the result

    static std::int64_t floats(const AttentionPlan& p, const PaddedSizes& s) {
        return (s.rows + s.cols + s.key_rows) * p.wide() + p.tile().rows * (2 * s.cols + p.wide());
    }
    Memory(const AttentionPlan& p, const PaddedSizes& s, float* memory)
        : q(memory),
          keys_t(q + s.rows * p.wide()),
          v(keys_t + p.wide() * s.cols),
          scores(v + s.key_rows * p.wide()),
          weights(scores + p.tile().rows * s.cols),
          sums(weights + p.tile().rows * s.cols) {}
};

template <int W, class Words>
MAST_INLINE void load(const AttentionPlan& p, const SamplePlan& s, const HeadRows& from,
                      const Memory& m) {
    const std::int64_t depth = p.depth_words();
    copy_padded<W>(from.q, s.queries, depth, m.q, s.padded.rows, p.product_words());
    Words::turn(from.k, s.keys, depth, m.keys_t, s.padded.cols);
    Words::stack(from.v, s.keys, p.depth(), m.v, s.padded.key_rows, p.wide());
}

/// A tile's scores become probabilities, which are kept, and the left operand of the next product,
/// of which some are dropped.
template <int W, class Words>
MAST_INLINE TileRows weigh(const AttentionPlan& p, const SamplePlan& s, std::int64_t row,
                           const HeadDropout& dropout, float* kept, const Memory& m) {
    const std::int64_t cols = s.padded.cols;
    const std::int64_t rows = rows_of_tile<Words>(s.queries, row);
    for (std::int64_t r = 0; r < rows; r += kSoftmaxRows) {
        masked_softmax<W>(m.scores + r * cols, s.attend + (row + r) * cols,
                          std::min(kSoftmaxRows, rows - r),
                          s.seen[row / Words::Products::kTile.rows], p.scale(), cols);
    }
    for (std::int64_t r = 0; r < rows; ++r) {
        float* const score = m.scores + r * cols;
        if constexpr (Words::kPrecision == Precision::f32) {
            copy_row<W>(score, s.keys, kept + (row + r) * s.kept);
            dropout.apply<W>(p, s, row + r, score);
        } else {
            Words::round(score, cols, kept + (row + r) * s.kept);
            dropout.apply<W>(p, s, row + r, score);
            Words::round(score, cols, m.weights + r * cols / 2);
        }
    }
    if constexpr (Words::kPrecision == Precision::f32) {
        return {m.scores, cols, 1};
    } else {
        return {m.weights, cols / 2, 1};
    }
}

/// Fetches ahead a part of what head i of all samples' will read.
MAST_INLINE void fetch_head(const Args& a, std::int64_t i, std::int64_t part, std::int64_t parts) {
    const AttentionPlan& p = a.plan;
    if (i == p.shape().batch * p.shape().heads) return;
    const SamplePlan s = p.sample(i / p.shape().heads);
    HeadRows(p, s, a.qkv, i % p.shape().heads).fetch_ahead(s, p.depth_words(), part, parts);
}

template <int W, class Words>
MAST_INLINE void one_head(const Args& a, std::int64_t sample, std::int64_t head) {
    using Products = typename Words::Products;
    constexpr std::int64_t kRows = Products::kTile.rows;
    const AttentionPlan& p = a.plan;
    const SamplePlan s = p.sample(sample);
    const std::int64_t depth = p.product_words();
    const std::int64_t wide = p.wide();
    const std::int64_t cols = s.padded.cols;
    // Room for all tokens at once: the samples of later calls may have more rows.
    const PaddedSizes most = p.padded(p.shape().tokens, p.shape().tokens);
    float* memory = working_memory.get(Memory::floats(p, most) + HeadDropout::floats(p, a.dropout));
    const Memory m(p, s.padded, memory);
    HeadDropout dropout;
    dropout.draw<W>(p, a.dropout, sample, head, memory + Memory::floats(p, most));
    load<W, Words>(p, s, HeadRows(p, s, a.qkv, head), m);

    const TokenRange depths{0, static_cast<std::int32_t>(depth)};
    const TokenRange columns{0, static_cast<std::int32_t>(wide)};
    float* kept = a.probabilities + s.probabilities + head * s.queries * s.kept;
    for (std::int64_t row = 0; row < s.queries; row += kRows) {
        fetch_head(a, sample * p.shape().heads + head + 1, row / kRows, s.padded.rows / kRows);
        const TokenRange keys = s.seen[row / kRows];
        Products::product({m.q + row * depth, depth, 1}, {m.keys_t, cols}, depths, {m.scores, cols},
                          keys);
        const TileRows weights = weigh<W, Words>(p, s, row, dropout, kept, m);
        Products::product(weights, {m.v, wide}, in_words<Words>(keys), {m.sums, wide}, columns);
        for (std::int64_t r = 0; r < rows_of_tile<Words>(s.queries, row); ++r) {
            put_row<W, typename Words::Rounding>(m.sums + r * wide, p.depth(), a.out,
                                                 s.first_query + row + r, head * p.depth());
        }
    }
}

template <int W, class Words>
MAST_INLINE void heads(const Args& a, std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i)
        one_head<W, Words>(a, i / a.plan.shape().heads, i % a.plan.shape().heads);
}

template <int W>
MAST_INLINE void heads_f32(const Args& a, std::int64_t first, std::int64_t last) {
    heads<W, SingleWords<W>>(a, first, last);
}
template <int W, class B>
MAST_INLINE void heads_bf16(const Args& a, std::int64_t first, std::int64_t last) {
    heads<W, PairedWords<W, B>>(a, first, last);
}
#if defined(__x86_64__)
MAST_TARGET_AVX512 void heads_amx(const Args& args, std::int64_t first, std::int64_t last) {
    const AmxRegisters registers(kAmxWords);
    heads<16, AmxWords>(args, first, last);
}
#endif

MAST_KERNEL(heads_f32, Args);
MAST_BF16_KERNEL(heads_bf16, Args);

auto heads_here([[maybe_unused]] const AttentionTile& tile, Precision precision) {
#if defined(__x86_64__)
    if (tile == kAmxTile) return &heads_amx;
#endif
    return precision == Precision::f32 ? heads_f32_here() : heads_bf16_here();
}

}  // namespace

void attention(const AttentionPlan& plan, Operand<const float> qkv, std::span<float> probabilities,
               Operand<float> out, const DropoutKey& dropout) {
    const OpTimer timer(Op::attention);
    const auto& shape = plan.shape();
    MAST_ASSERT(qkv.rows == plan.keys() && qkv.cols == 3 * shape.width);
    MAST_ASSERT(qkv.precision == shape.precision);
    MAST_ASSERT(out.rows == plan.queries() && out.cols == shape.width);
    MAST_ASSERT(static_cast<std::int64_t>(probabilities.size()) == plan.probabilities());
    const Args args{plan, qkv.data, probabilities.data(), out, dropout_stream(dropout)};
    out.clear_padding();
    const auto piece = heads_here(plan.tile(), shape.precision);
    parallel_for(shape.batch * shape.heads, 1,
                 [&](std::int64_t first, std::int64_t last) { piece(args, first, last); });
}

}  // namespace mast::compute
