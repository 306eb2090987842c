// Linear regression by the normal equations, in double precision.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mast::train {

/// target ≈ weightsᵀ features, with whatever constant feature the caller adds. F features, D
/// targets.
class LeastSquares {
  public:
    LeastSquares(std::int64_t features, std::int64_t targets);

    void add(std::span<const double> features, std::span<const float> target);
    /// Solves for the weights; a ridge of 1e-9 of the mean squared feature keeps collinear columns
    /// apart.
    void solve();
    /// out (D); zeros before solve() or if nothing was added.
    void predict(std::span<const double> features, std::span<double> out) const;

  private:
    std::int64_t features_, targets_;
    std::int64_t count_ = 0;
    std::vector<double> gram_;     ///< (F, F)
    std::vector<double> moment_;   ///< (F, D)
    std::vector<double> weights_;  ///< (F, D)
};

}  // namespace mast::train
