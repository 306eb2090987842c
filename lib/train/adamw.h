// AdamW: Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2).
#pragma once

#include <cstdint>
#include <span>

#include "compute/buffer.h"
#include "model/parameters.h"

namespace mast::train {

struct AdamWOptions {
    double beta1 = 0.9;
    double beta2 = 0.95;
    double epsilon = 1e-8;
    double weight_decay = 0.1;  ///< of parameters that decay (matrices of linear layers)
};

/// Holds both moments; one pass over the flat buffers for a step. Allocates nothing after
/// construction.
class AdamW {
  public:
    AdamW(const model::ParameterTable& table, const AdamWOptions& options);

    /// values -= rate * (m̂ / (sqrt(v̂) + epsilon) + weight_decay * values), all of table.size().
    /// The gradient is multiplied by gradient_scale first (clipping).
    void step(std::span<float> values, std::span<const float> gradients, double rate,
              double gradient_scale);

    std::int64_t steps() const { return steps_; }

  private:
    const model::ParameterTable& table_;
    AdamWOptions options_;
    compute::Buffer first_, second_;
    std::int64_t steps_ = 0;
};

}  // namespace mast::train
