// What a network needs for each of the parts of a batch that pass it side by side.
#pragma once

#include <cstddef>
#include <vector>

#include "compute/buffer.h"
#include "compute/linear.h"
#include "model/tensors.h"
#include "model/workspace.h"

namespace mast::model {

/// Gradients of every parameter, from one part of a batch.
///
/// The weights of blocks, nearly all of them, are not made zero before they are added to: whoever
/// is first replaces what the last step left.
class PartGradients {
  public:
    PartGradients(const ParameterTable& table, const ModelConfig& config);

    /// Of what was added since clear(); to be read after complete().
    compute::Buffer& all() { return all_; }
    const Tensors& tensors(std::size_t domain) const { return tensors_[domain]; }

    /// Zero, but for the weights of blocks, which the next pass through them replaces.
    void clear();
    /// What the pass that asks has to do with the weights of a block.
    compute::WeightGradient into_block(std::size_t layer);
    /// Weights of blocks that no pass went through since clear() become zero.
    void complete();

  private:
    compute::Buffer all_;
    std::vector<Tensors> tensors_;    ///< by domain; the blocks of all are the same
    std::vector<bool> begun_blocks_;  ///< by block
};

/// Activations and gradients of a part on its way; values, and packed copies of them, are the
/// network's. So threads that take parts share only what none of them writes (data parallelism).
struct Replica {
    Workspace& work;
    PartGradients& gradients;
};

}  // namespace mast::model
