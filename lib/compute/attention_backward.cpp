#include "base/assert.h"
#include "compute/attention.h"
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
    const float* probabilities;
    const float* dout;
    Operand<float> dqkv;
    DropoutStream dropout;
};

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

/// Copies of one head's operands, padded with zeros to whole tiles and vectors. Stacked ones are
/// right operands, or left ones turned, whose depth is their rows.
struct Memory {
    float* q;          // (words of rows, wide) stacked
    float* k;          // (words of key_rows, wide) stacked
    float* dout;       // (words of rows, wide) stacked
    float* dout_rows;  // (rows, product words) not stacked; in single precision dout serves
    float* values_t;   // (product words, cols)
    // What by_keys() reads: (words of rows, cols) stacked, or (cols, words of rows) turned at once.
    float* p;     // probabilities
    float* ds;    // gradient of the scores
    float* dp;    // (tile, cols) gradient of the probabilities
    float* sums;  // (tile, wide) of a result
    // In single precision p and ds serve for these:
    float* tile_p;   // (tile, cols) probabilities as floats
    float* tile_ds;  // (tile, cols) gradient of the scores as floats
    float* ds_rows;  // (tile, words of cols) the same rounded

    static std::int64_t floats(const AttentionPlan& p, const PaddedSizes& s) {
        return (3 * s.rows + s.key_rows + s.cols) * p.wide() + 2 * s.rows * s.cols +
               p.tile().rows * (4 * s.cols + p.wide());
    }
    Memory(const AttentionPlan& plan, const PaddedSizes& s, float* memory)
        : q(memory),
          k(q + s.rows * plan.wide()),
          dout(k + s.key_rows * plan.wide()),
          dout_rows(dout + s.rows * plan.wide()),
          values_t(dout_rows + s.rows * plan.wide()),
          p(values_t + plan.wide() * s.cols),
          ds(p + s.rows * s.cols),
          dp(ds + s.rows * s.cols),
          sums(dp + plan.tile().rows * s.cols),
          tile_p(sums + plan.tile().rows * plan.wide()),
          tile_ds(tile_p + plan.tile().rows * s.cols),
          ds_rows(tile_ds + plan.tile().rows * s.cols) {}
};

/// The gradient at the output of a head of a sample.
MAST_INLINE SourceRows dout_rows(const Args& a, const SamplePlan& s, std::int64_t head) {
    const std::int64_t width = words_of(a.plan.shape().width, a.plan.shape().precision);
    return {a.dout + s.first_query * width + head * a.plan.depth_words(), width};
}

MAST_INLINE const float* kept_rows(const Args& a, const SamplePlan& s, std::int64_t head) {
    return a.probabilities + s.probabilities + head * s.queries * s.kept;
}

/// Fetches ahead a part of what head i of all samples' will read.
MAST_INLINE void fetch_head(const Args& a, std::int64_t i, std::int64_t part, std::int64_t parts) {
    const AttentionPlan& p = a.plan;
    if (i == p.shape().batch * p.shape().heads) return;
    const SamplePlan s = p.sample(i / p.shape().heads);
    const std::int64_t head = i % p.shape().heads;
    HeadRows(p, s, a.qkv, head).fetch_ahead(s, p.depth_words(), part, parts);
    fetch_ahead(dout_rows(a, s, head), s.queries, p.depth_words(), part, parts);
    fetch_ahead({kept_rows(a, s, head), s.kept}, s.queries, s.kept, part, parts);
}

/// One head of a sample, on its way back.
template <int W, class Words>
class Head {
  public:
    /// Head number_in of all samples'.
    MAST_INLINE Head(const Args& args, const SamplePlan& sample, std::int64_t number_in,
                     const HeadDropout& dropout, const Memory& memory)
        : a(args), s(sample), number(number_in), dropped(dropout), m(memory) {}

    MAST_INLINE void run() const {
        load();
        const std::int64_t of_queries = s.padded.rows / kRows;
        const std::int64_t of_keys = s.padded.key_rows / kRows;
        const std::int64_t query_col = head * p.depth();
        if (s.queries < s.keys) {
            for (std::int64_t key = 0; key < s.keys; ++key)
                zero_row<W>(p.depth(), a.dqkv, s.first_key + key, query_col);
        }
        for (std::int64_t row = 0; row < s.queries; row += kRows) {
            fetch_head(a, number + 1, row / kRows, of_queries + of_keys);
            const TileRows ds = score_gradient(row);
            product(ds, m.k, in_words<Words>(s.seen[row / kRows]));
            for (std::int64_t r = 0; r < rows_of_tile<Words>(s.queries, row); ++r)
                put(r, s.first_key + s.query[row + r], query_col);
        }
        for (std::int64_t key = 0; key < s.keys; key += kRows) {
            fetch_head(a, number + 1, of_queries + key / kRows, of_queries + of_keys);
            by_keys(key, m.ds, m.q, query_col + p.shape().width);
            by_keys(key, m.p, m.dout, query_col + 2 * p.shape().width);
        }
    }

  private:
    using Products = typename Words::Products;
    static constexpr std::int64_t kRows = Products::kTile.rows;
    static constexpr bool kIsSingle = Words::kPrecision == Precision::f32;

    MAST_INLINE void load() const {
        const std::int64_t depth = p.depth_words();
        const HeadRows from(p, s, a.qkv, head);
        const SourceRows dout = dout_rows(a, s, head);
        Words::stack(from.q, s.queries, p.depth(), m.q, s.padded.rows, wide);
        Words::stack(from.k, s.keys, p.depth(), m.k, s.padded.key_rows, wide);
        Words::turn(from.v, s.keys, depth, m.values_t, cols);
        Words::stack(dout, s.queries, p.depth(), m.dout, s.padded.rows, wide);
        if constexpr (!kIsSingle)
            copy_padded<W>(dout, s.queries, depth, m.dout_rows, s.padded.rows, p.product_words());
    }
    /// A tile's gradient of the scores, as the left operand of the product with the keys.
    MAST_INLINE TileRows score_gradient(std::int64_t row) const {
        const TokenRange keys = s.seen[row / kRows];
        const std::int64_t depth = p.product_words();
        const TileRows dout = kIsSingle ? TileRows{m.dout + row * wide, wide, 1}
                                        : TileRows{m.dout_rows + row * depth, depth, 1};
        Products::product(dout, {m.values_t, cols}, {0, static_cast<std::int32_t>(depth)},
                          {m.dp, cols}, keys);
        float* const tile_p = kIsSingle ? m.p + row * cols : m.tile_p;
        float* const tile_ds = kIsSingle ? m.ds + row * cols : m.tile_ds;
        load_probabilities(row, tile_p);
        const std::int64_t rows = rows_of_tile<Words>(s.queries, row);
        for (std::int64_t r = 0; r < rows; ++r) {
            dropped.template apply<W>(p, s, row + r, m.dp + r * cols);
            softmax_gradient<W>(tile_p + r * cols, m.dp + r * cols, keys, p.scale(), cols,
                                tile_ds + r * cols);
            dropped.template apply<W>(p, s, row + r, tile_p + r * cols);
        }
        clear_row<W>(tile_ds + rows * cols, (kRows - rows) * cols);
        if constexpr (kIsSingle) {
            return {tile_ds, cols, 1};
        } else {
            for (std::int64_t r = 0; r < kRows; ++r)
                Words::round(tile_ds + r * cols, cols, m.ds_rows + r * cols / 2);
            Words::keep_for_keys(tile_ds, row, cols, s.padded.rows, m.ds);
            Words::keep_for_keys(tile_p, row, cols, s.padded.rows, m.p);
            return {m.ds_rows, cols / 2, 1};
        }
    }
    MAST_INLINE void load_probabilities(std::int64_t row, float* to) const {
        const std::int64_t rows = rows_of_tile<Words>(s.queries, row);
        const float* const kept = kept_rows(a, s, head) + row * s.kept;
        // Kept are the keys' in single precision, whole vectors in bfloat16.
        const std::int64_t count = kIsSingle ? s.keys : cols;
        for (std::int64_t r = 0; r < rows; ++r) {
            Words::load(kept + r * s.kept, count, to + r * cols);
            clear_row<W>(to + r * cols + count, cols - count);
        }
        clear_row<W>(to + rows * cols, (kRows - rows) * cols);
    }
    /// A tile of keys' sums over the queries: left (queries, keys) turned, times right (queries,
    /// wide).
    MAST_INLINE void by_keys(std::int64_t key, const float* left, const float* right,
                             std::int64_t col) const {
        product(Words::by_keys(left, key, cols, s.padded.rows), right,
                in_words<Words>(s.seeing[key / kRows]));
        for (std::int64_t r = 0; r < rows_of_tile<Words>(s.keys, key); ++r)
            put(r, s.first_key + key + r, col);
    }
    MAST_INLINE void product(const TileRows& left, const float* right, TokenRange words) const {
        Products::product(left, {right, wide}, words, {m.sums, wide},
                          {0, static_cast<std::int32_t>(wide)});
    }
    /// Row r of the sums goes to a row of dqkv, from column `col` on.
    MAST_INLINE void put(std::int64_t r, std::int64_t row, std::int64_t col) const {
        put_row<W, typename Words::Rounding>(m.sums + r * wide, p.depth(), a.dqkv, row, col);
    }

    const Args& a;
    const SamplePlan& s;
    std::int64_t number;
    const HeadDropout& dropped;
    const Memory& m;
    const AttentionPlan& p = a.plan;
    std::int64_t head = number % p.shape().heads;
    std::int64_t wide = p.wide();
    std::int64_t cols = s.padded.cols;
};

template <int W, class Words>
MAST_INLINE void heads(const Args& a, std::int64_t first, std::int64_t last) {
    const AttentionPlan& p = a.plan;
    const PaddedSizes most = p.padded(p.shape().tokens, p.shape().tokens);
    float* const memory =
        working_memory.get(Memory::floats(p, most) + HeadDropout::floats(p, a.dropout));
    for (std::int64_t i = first; i < last; ++i) {
        const std::int64_t sample = i / p.shape().heads;
        const SamplePlan s = p.sample(sample);
        HeadDropout dropout;
        dropout.draw<W>(p, a.dropout, sample, i % p.shape().heads,
                        memory + Memory::floats(p, most));
        Head<W, Words>(a, s, i, dropout, Memory(p, s.padded, memory)).run();
    }
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

void attention_backward(const AttentionPlan& plan, Operand<const float> qkv,
                        std::span<const float> probabilities, Operand<const float> dout,
                        Operand<float> dqkv, const DropoutKey& dropout) {
    const OpTimer timer(Op::attention_backward);
    const auto& shape = plan.shape();
    MAST_ASSERT(qkv.rows == plan.keys() && qkv.cols == 3 * shape.width);
    MAST_ASSERT(qkv.precision == shape.precision && dout.precision == shape.precision);
    MAST_ASSERT(dout.rows == plan.queries() && dout.cols == shape.width);
    MAST_ASSERT(static_cast<std::int64_t>(probabilities.size()) == plan.probabilities());
    MAST_ASSERT(dqkv.rows == qkv.rows && dqkv.cols == qkv.cols);
    const Args args{plan, qkv.data, probabilities.data(), dout.data, dqkv, dropout_stream(dropout)};
    dqkv.clear_padding();
    const auto piece = heads_here(plan.tile(), shape.precision);
    parallel_for(shape.batch * shape.heads, 1,
                 [&](std::int64_t first, std::int64_t last) { piece(args, first, last); });
}

}  // namespace mast::compute
