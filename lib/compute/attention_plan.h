// What attention works out once for its rows and its mask, whatever the values: padded sizes, the
// mask in words, and which blocks it forbids.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "compute/attention_rows.h"
#include "compute/precision.h"

namespace mast::compute {

/// How the products of attention take a head: tiles of `rows` queries or keys, columns (keys, or
/// channels of the head) filled up to a multiple of `cols`, and a depth filled up to one of
/// `words`.
struct AttentionTile {
    std::int64_t rows = 0;
    std::int64_t cols = 0;
    std::int64_t words = 0;

    bool operator==(const AttentionTile&) const = default;
};
/// With two vectors of columns six rows fill the registers of AVX2; 16 floats are the widest
/// vector.
inline constexpr AttentionTile kVectorTile{6, 16, 1};
/// Tile registers, two by two.
inline constexpr AttentionTile kAmxTile{32, 32, 16};
/// Of the kernels that attention() uses.
AttentionTile attention_tile_here(Precision precision);

/// Sizes of one attention call: B samples of up to n tokens, H heads, C channels (H divides C).
struct AttentionShape {
    std::int64_t batch;
    std::int64_t tokens;
    std::int64_t heads;
    std::int64_t width;
    Precision precision = Precision::f32;  ///< of the products' operands

    std::int64_t depth() const { return width / heads; }
};

/// That of attention in a network whose products are in `precision`: pairs of bfloat16 must not
/// belong to two heads.
constexpr Precision attention_precision(std::int64_t depth, Precision precision) {
    return depth % 2 == 0 ? precision : Precision::f32;
}

/// Half-open range of rows of a sample; empty if first >= last.
struct TokenRange {
    std::int32_t first;
    std::int32_t last;
};

/// Rows of a (sample, head), rounded up to what the products read.
struct PaddedSizes {
    std::int64_t rows;      ///< queries, to whole tiles
    std::int64_t key_rows;  ///< keys, to whole tiles
    std::int64_t cols;      ///< key_rows, to a multiple of the tile's columns

    PaddedSizes(std::int64_t queries, std::int64_t keys, const AttentionTile& tile);
};

/// What all heads of a sample share.
struct SamplePlan {
    std::int64_t queries;
    std::int64_t keys;
    PaddedSizes padded;
    std::int64_t first_query;    ///< row of out
    std::int64_t first_key;      ///< row of qkv
    std::int64_t probabilities;  ///< where those of the sample, (H, queries, kept), begin
    std::int64_t kept;           ///< words of probabilities that a query has
    const std::int64_t* query;   ///< (queries) their rows of qkv, counted from first_key
    const std::int32_t* token;   ///< (keys)
    const std::int32_t* attend;  ///< (queries, cols): -1 may look, 0 may not; 0 beyond the keys
    const TokenRange* seen;      ///< for each tile of queries: the keys that they may see
    const TokenRange* seeing;    ///< for each tile of keys: the queries that may see them
};

/// Made anew where rows or mask change; keeps its memory.
class AttentionPlan {
  public:
    /// attend (n, n): 1 where token q may look at token k, attend[q * n + k].
    ///
    /// Throws std::logic_error if sizes disagree. Allocates only beyond what it held before.
    void make(const AttentionShape& shape, const AttentionRows& rows,
              std::span<const std::uint8_t> attend);
    /// Sets memory aside for any samples that have up to `rows` queries together.
    void reserve(std::int64_t samples, std::int64_t rows, std::int64_t tokens);

    const AttentionShape& shape() const { return shape_; }
    std::int64_t queries() const { return queries_; }
    std::int64_t keys() const { return keys_; }
    std::int64_t probabilities() const { return probabilities_; }  ///< words of all samples
    /// Keys whose probabilities a query keeps: in bfloat16 the padded ones, so that no row ends
    /// within a vector.
    static std::int64_t kept_keys(std::int64_t keys, Precision precision);
    static std::int64_t kept_words(std::int64_t keys, Precision precision);
    std::int64_t depth() const { return shape_.depth(); }
    std::int64_t depth_words() const { return words_of(depth(), shape_.precision); }
    /// depth_words(), filled up.
    std::int64_t product_words() const { return product_words_; }
    std::int64_t wide() const { return wide_; }  ///< depth, filled up
    const AttentionTile& tile() const { return tile_; }
    PaddedSizes padded(std::int64_t queries, std::int64_t keys) const {
        return {queries, keys, tile_};
    }
    float scale() const { return scale_; }  ///< 1 / sqrt(depth)
    SamplePlan sample(std::int64_t b) const;

  private:
    /// kept_words() by the kernels that the plan was made for.
    std::int64_t kept(std::int64_t keys) const;
    /// Where the tables of a sample begin.
    struct Place {
        std::int64_t attend, seen, seeing, probabilities;
    };
    bool shares_tables(const AttentionRows& rows, std::int64_t b) const;
    void add_tables(const AttentionRows& rows, std::span<const std::uint8_t> attend,
                    std::int64_t b);

    AttentionShape shape_{};
    AttentionTile tile_;
    std::int64_t queries_ = 0;
    std::int64_t keys_ = 0;
    std::int64_t probabilities_ = 0;
    std::int64_t wide_ = 0;
    std::int64_t product_words_ = 0;
    float scale_ = 0;
    std::vector<std::int64_t> first_key_;    // (B + 1)
    std::vector<std::int64_t> first_query_;  // (B + 1)
    std::vector<std::int64_t> query_;        // (Q)
    std::vector<std::int32_t> token_;        // (K)
    std::vector<Place> places_;              // (B)
    std::vector<std::int32_t> attend_;
    std::vector<TokenRange> seen_;
    std::vector<TokenRange> seeing_;
};

}  // namespace mast::compute
