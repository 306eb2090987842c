// The weights of a block as its products take them, packed or not.
#pragma once

#include "compute/buffer.h"
#include "compute/panels.h"
#include "model/block.h"

namespace mast::model {

/// A block's weight matrices in the order in which one pass reads them: copies, or what the
/// products themselves pack.
struct PackedBlock {
    compute::RightOperand qkv, attention_out, mlp_in, mlp_out;
    PackedGate attention_gate, mlp_gate;  ///< empty where there are none
};

/// Of weights that are too large for copies to stay in the cache: the products pack them.
PackedBlock unpacked_forward(const BlockTensors& values, compute::Precision precision);
PackedBlock unpacked_backward(const BlockTensors& values, compute::Precision precision);

/// Room for the copies of both passes: 24 C² elements and a little, 48 C² with gates.
class BlockPanels {
  public:
    BlockPanels(std::int64_t width, Gate gate, compute::Precision precision);

    /// The copies are as the values were at these calls.
    void pack_forward(const BlockTensors& values);
    void pack_backward(const BlockTensors& values);

    const PackedBlock& forward() const { return forward_; }
    const PackedBlock& backward() const { return backward_; }

  private:
    compute::Precision precision_;
    compute::Buffer forward_memory_;
    compute::Buffer backward_memory_;
    PackedBlock forward_;
    PackedBlock backward_;
};

}  // namespace mast::model
