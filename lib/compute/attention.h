// Multi-head attention under an arbitrary boolean mask, one kernel per (sample, head).
#pragma once

#include <cstdint>
#include <span>

#include "base/matrix.h"
#include "compute/attention_plan.h"
#include "compute/dropout.h"
#include "compute/operand.h"

namespace mast::compute {

/// out = softmax(q kᵀ / sqrt(C / H), masked) v for each sample and head. K keys, Q queries of all
/// samples together; of sample b K_b and Q_b.
///
/// plan           sizes, rows, mask, and the precision of what the products take: queries, keys and
///                values, probabilities and their gradients. Sums, softmax and its gradient are in
///                single precision.
/// qkv            (K, 3C) in the plan's precision: queries, keys and values side by side; head h at
///                columns h*C/H...
/// probabilities  plan.probabilities() words, kept for the backward pass: (H, Q_b, kept_keys(K_b))
///                of each sample. 0 where the mask forbids and beyond the keys
/// out            (Q, C) in any precision; zeros for a row that may look at nothing
///
/// dropout drops probabilities on their way to v, each by its place in (H, n, n); kept are those
/// before.
///
/// Source: Vaswani et al. 2017, eq. 1. Each thread allocates once for a shape. Throws
/// std::logic_error if an operand does not have the size or precision that the plan asks for.
void attention(const AttentionPlan& plan, Operand<const float> qkv, std::span<float> probabilities,
               Operand<float> out, const DropoutKey& dropout = {});

/// dqkv (K, 3C), in any precision, overwritten with the gradient of attention(); the query of a row
/// that is none has gradient 0. dout (Q, C) in the plan's precision.
void attention_backward(const AttentionPlan& plan, Operand<const float> qkv,
                        std::span<const float> probabilities, Operand<const float> dout,
                        Operand<float> dqkv, const DropoutKey& dropout = {});

}  // namespace mast::compute
