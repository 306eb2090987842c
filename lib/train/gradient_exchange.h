// Gradients added up over processes while the backward pass still computes others.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/transformer.h"
#include "train/processes.h"

namespace mast::train {

/// A block's gradient sets off as soon as the step's last micro-batch has gone back through it: the
/// last block's first, with the heads, and the embeddings' at the end. Frozen tensors stay.
class GradientExchange {
  public:
    /// Both must outlive the exchange; tensors are frozen before.
    GradientExchange(model::Transformer& model, Processes& processes, Wire wire);

    /// The gradients of this block and of those above it are final in this process.
    void block_done(std::int64_t layer);
    /// All are final; returns when model.gradients() holds the sums over all processes.
    void finish();

  private:
    void begin(std::size_t buckets);

    Processes& processes_;
    Wire wire_;
    std::int64_t layers_;
    /// In the order in which they set off: blocks from the last to the first, then the rest.
    std::vector<std::vector<std::span<float>>> buckets_;
    std::size_t begun_ = 0;
};

}  // namespace mast::train
