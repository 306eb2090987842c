// What a network needs for each of the parts of a batch that pass it side by side.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "compute/buffer.h"
#include "model/tensors.h"
#include "model/workspace.h"

namespace mast::model {

/// Activations and gradients of a part; values, and packed copies of them, are the network's. So
/// threads that take a part each share only what none of them writes (data parallelism).
class Replica {
  public:
    Replica(const ParameterTable& table, const ModelConfig& config) : gradients_(table.size()) {
        for (std::size_t d = 0; d < std::max<std::size_t>(1, config.domains.size()); ++d)
            tensors_.emplace_back(table, config.in_domain(d), gradients_.span());
    }

    compute::Buffer& gradients() { return gradients_; }
    Tensors& gradient_tensors(std::size_t domain) { return tensors_[domain]; }

    /// Memory for that much; what is there stays if it has it.
    void make_workspace(const ModelConfig& config, compute::Precision precision,
                        std::int64_t samples, std::int64_t steps, std::int64_t rows) {
        if (workspace_ && workspace_->samples >= samples && workspace_->steps == steps &&
            workspace_->most_rows >= rows)
            return;
        workspace_.reset();
        workspace_.emplace(config, precision, samples, steps, rows);
    }
    Workspace& workspace() { return *workspace_; }
    void drop_workspace() { workspace_.reset(); }

  private:
    compute::Buffer gradients_;
    std::vector<Tensors> tensors_;  // by domain; the blocks of all are the same
    std::optional<Workspace> workspace_;
};

}  // namespace mast::model
