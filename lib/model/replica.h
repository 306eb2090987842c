// What a network needs for each of the parts of a batch that pass it side by side.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "compute/buffer.h"
#include "model/tensors.h"
#include "model/workspace.h"

namespace mast::model {

/// Gradients of every parameter, from one part of a batch.
class PartGradients {
  public:
    PartGradients(const ParameterTable& table, const ModelConfig& config) : all_(table.size()) {
        for (std::size_t d = 0; d < std::max<std::size_t>(1, config.domains.size()); ++d)
            tensors_.emplace_back(table, config.in_domain(d), all_.span());
    }

    compute::Buffer& all() { return all_; }
    const Tensors& tensors(std::size_t domain) const { return tensors_[domain]; }

  private:
    compute::Buffer all_;
    std::vector<Tensors> tensors_;  // by domain; the blocks of all are the same
};

/// Activations and gradients of a part on its way; values, and packed copies of them, are the
/// network's. So threads that take parts share only what none of them writes (data parallelism).
struct Replica {
    Workspace& work;
    PartGradients& gradients;
};

}  // namespace mast::model
