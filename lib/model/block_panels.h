// The weights of a block as its products take them, packed or not.
#pragma once

#include "compute/buffer.h"
#include "compute/panels.h"
#include "model/block.h"

namespace mast::model {

/// A block's weight matrices in the order in which one pass reads them: copies, or what the
/// products themselves pack.
struct BlockWeights {
    compute::RightOperand qkv, attention_out, mlp_in, mlp_out;
    GateWeights attention_gate, mlp_gate;  ///< empty where there are none
};

/// Of weights that are too large for copies to stay in the cache: the products pack them.
BlockWeights unpacked_forward(const BlockTensors& values, compute::Precision precision);
BlockWeights unpacked_backward(const BlockTensors& values, compute::Precision precision);

/// Copies for each pass that was asked for: 12 C² elements and a little, 24 C² with gates.
class BlockPanels {
  public:
    BlockPanels(std::int64_t width, Gate gate, compute::Precision precision)
        : width_(width), gate_(gate), precision_(precision) {}

    /// The copies are as the values were at these calls, the first of which takes the memory.
    void pack_forward(const BlockTensors& values);
    void pack_backward(const BlockTensors& values);

    const BlockWeights& forward() const { return forward_; }
    const BlockWeights& backward() const { return backward_; }

  private:
    std::int64_t width_;
    Gate gate_;
    compute::Precision precision_;
    compute::Buffer forward_memory_;
    compute::Buffer backward_memory_;
    BlockWeights forward_;
    BlockWeights backward_;
};

}  // namespace mast::model
