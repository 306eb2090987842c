// Multi-head attention under an arbitrary boolean mask, one kernel per (sample, head).
#pragma once

#include <cstdint>
#include <span>

#include "base/matrix.h"
#include "compute/dropout.h"

namespace mast::compute {

/// Sizes of one attention call: B samples, n tokens, H heads, C channels (H divides C).
struct AttentionShape {
    std::int64_t batch;
    std::int64_t tokens;
    std::int64_t heads;
    std::int64_t width;
};

/// Which token a row may look at: attend[q, k] and valid[b, k].
struct AttentionMask {
    std::span<const std::uint8_t> attend;  ///< (n, n), 1 where row q may look at column k
    std::span<const std::uint8_t> valid;   ///< (B, n), 0 for padding; empty: all valid
};

/// out = softmax(q kᵀ / sqrt(C / H), masked) v for each sample and head.
///
/// qkv           (B * n, 3C)    queries, keys and values side by side; head h at columns h*C/H...
/// probabilities (B, H, n, n)   kept for the backward pass; 0 where the mask forbids
/// out           (B * n, C)     zeros for a row that may look at nothing
///
/// dropout drops probabilities on their way to v, each by its place in (H, n, n); kept are those
/// before.
///
/// Source: Vaswani et al. 2017, eq. 1. Each thread allocates once for a shape.
void attention(const AttentionShape& shape, Matrix<const float> qkv, const AttentionMask& mask,
               std::span<float> probabilities, Matrix<float> out, const DropoutKey& dropout = {});

/// dqkv (B * n, 3C) overwritten with the gradient of attention().
void attention_backward(const AttentionShape& shape, Matrix<const float> qkv,
                        const AttentionMask& mask, std::span<const float> probabilities,
                        Matrix<const float> dout, Matrix<float> dqkv,
                        const DropoutKey& dropout = {});

}  // namespace mast::compute
