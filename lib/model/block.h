// One pre-LN transformer block: x += Attn(LN x); x += MLP(LN x). A gate may stand for each sum.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compute/attention.h"
#include "compute/buffer.h"
#include "compute/dropout.h"
#include "compute/linear.h"
#include "compute/operand.h"
#include "model/gate.h"
#include "model/layers.h"

namespace mast::model {

/// The tensors of a block, in the values or in the gradients.
struct BlockTensors {
    Norm ln1, ln2;
    Linear qkv, attention_out, mlp_in, mlp_out;
    std::optional<GateTensors> attention_gate, mlp_gate;

    BlockTensors(const ParameterTable& table, std::span<float> buffer, const std::string& prefix,
                 Gate gate);
};

struct BlockWeights;  // block_panels.h

/// What the backward pass of a block needs of its forward pass, for up to `rows` rows. What follows
/// from it by a norm or GELU is kept too, or computed again (memory.h, keeps_operands).
class BlockActivations {
  public:
    /// tokens: n of a sample; precision: of the operands of products.
    BlockActivations(std::int64_t rows, std::int64_t tokens, const ModelConfig& config,
                     compute::Precision precision);

    compute::Buffer input;                   ///< (R, C) x
    compute::Precision attention_precision;  ///< of qkv, probabilities and the gradient after them
    compute::Buffer qkv;                     ///< (R, 3C) an operand
    compute::Buffer probabilities;           ///< as attention() keeps them
    compute::Buffer attended;                ///< (R, C) an operand
    compute::Buffer middle;                  ///< (R, C) x after attention
    compute::Buffer norms;                   ///< (4, R) mean and rstd of both norms
    compute::Buffer hidden;                  ///< (R, 4C) before GELU; empty if operands are kept
    /// Operands that are kept (memory.h, keeps_operands), else empty and made anew from the above.
    compute::Buffer normed1, normed2;  ///< (R, C) after both norms
    compute::Buffer activated, slope;  ///< (R, 4C) after GELU, and its slope
    std::optional<GateActivations> attention_gate, mlp_gate;

    /// The first `rows` rows of probabilities, of up to `keys` keys each.
    compute::Operand<const float> attention_rows(std::int64_t rows, std::int64_t keys) const;
};

/// What passes between the operations of a block; one set serves all blocks.
class BlockScratch {
  public:
    BlockScratch(std::int64_t rows, const ModelConfig& config, compute::Precision precision);

    compute::Buffer normed;     ///< (R, C) after a norm; empty where each block keeps its own
    compute::Buffer activated;  ///< (R, 4C) after GELU; the same
    compute::Buffer narrow;     ///< (R, C) a gradient
    compute::Buffer wide;       ///< (R, 4C) a gradient, in the products' precision
    std::optional<GateScratch> gate;
};

/// The rows that a block is given, and which of them it computes.
struct BlockRows {
    const compute::AttentionPlan& plan;   ///< keys: R rows given; queries: Q rows computed
    std::span<const std::int64_t> query;  ///< (Q) which of the R they are
    compute::TokenRows computed;          ///< (Q)
};

/// Sites of dropout in a block, counted from that of the key which it is given: attention
/// probabilities, output of the attention branch, output of the MLP branch.
inline constexpr std::uint32_t kDropoutSites = 3;

/// out (Q, C): the block's output for its input, activations.input (R, C), which stays.
/// weights: BlockPanels::forward() of the values, or unpacked_forward().
void block_forward(const BlockTensors& values, const BlockWeights& weights, const BlockRows& block,
                   BlockActivations& activations, BlockScratch& scratch, Matrix<float> out,
                   const compute::DropoutKey& dropout = {});

/// dx (R, C), which begins with the gradient at the Q rows of the block's output, is replaced by
/// the gradient at its input; gradients of the tensors are added to, but those of qkv,
/// attention_out, mlp_in and mlp_out may be replaced. weights: BlockPanels::backward() of the
/// values, or unpacked_backward().
void block_backward(const BlockTensors& values, const BlockWeights& weights,
                    const BlockTensors& gradients, compute::WeightGradient into,
                    const BlockRows& block, Matrix<float> dx, BlockActivations& activations,
                    BlockScratch& scratch, const compute::DropoutKey& dropout = {});

}  // namespace mast::model
