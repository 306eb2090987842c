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
    /// The gradient is multiplied by gradient_scale first (clipping). Frozen tensors stay.
    void step(std::span<float> values, std::span<const float> gradients, double rate,
              double gradient_scale);

    /// Updates made.
    std::int64_t steps() const { return steps_; }
    /// Moving averages of the gradient and of its square, table.size() each.
    std::span<float> first() { return first_.span(); }
    std::span<float> second() { return second_.span(); }
    std::span<const float> first() const { return first_.span(); }
    std::span<const float> second() const { return second_.span(); }
    /// Goes on after so many updates; first() and second() are those of that time.
    void go_on_after(std::int64_t steps) { steps_ = steps; }

  private:
    const model::ParameterTable& table_;
    AdamWOptions options_;
    compute::Buffer first_, second_;
    std::int64_t steps_ = 0;
};

}  // namespace mast::train
