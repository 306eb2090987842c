// What attention works out once per call: padded sizes, the mask in words, and which blocks it
// forbids.
#pragma once

#include <algorithm>
#include <cstdint>

#include "compute/attention.h"

namespace mast::compute {

/// Rows of a tile of every product: with two vectors of columns it fills the registers of AVX2.
inline constexpr std::int64_t kTile = 6;

/// Half-open range of tokens; empty if first >= last.
struct TokenRange {
    std::int32_t first;
    std::int32_t last;
};

/// What all heads of a call share.
struct AttentionPlan {
    AttentionShape shape;
    std::int64_t depth;              ///< C / H
    std::int64_t rows;               ///< n rounded up to whole tiles
    std::int64_t cols;               ///< `rows` rounded up to whole vectors
    std::int64_t wide;               ///< depth rounded up to whole vectors
    float scale;                     ///< 1 / sqrt(depth)
    const std::int32_t* attend;      ///< (n, cols): -1 may look, 0 may not; 0 beyond n
    const std::int32_t* valid;       ///< (B, cols): -1 valid, 0 padding; 0 beyond n
    const TokenRange* valid_tokens;  ///< (B): from the first valid token to the last
    const TokenRange* keys;          ///< for each tile of query rows: the keys that they may see
    const TokenRange* queries;       ///< for each tile of keys: the query rows that may see them
};

inline TokenRange overlap(TokenRange a, TokenRange b) {
    return {std::max(a.first, b.first), std::min(a.last, b.last)};
}

/// The plan of a call; its pointers stay valid until the next call on this thread.
AttentionPlan plan_attention(const AttentionShape& shape, const AttentionMask& mask);

}  // namespace mast::compute
