// Linear regression by the normal equations, in double precision.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "train/audit.h"

namespace mast::train {

/// Above so many columns of one kind nothing is fitted to them, as in the audit of a store.
inline constexpr std::int64_t kMostFitColumns = AuditLimits{}.columns;
/// Rows that any fit has seen enough of.
inline constexpr std::int64_t kEnoughRows = 200'000;
/// Rows that are enough for F features: of wide ones fewer, so that sums of F² for each take some
/// minutes at most, but ten for each feature.
std::int64_t enough_rows(std::int64_t features);

/// target ≈ weightsᵀ features, with whatever constant feature the caller adds. F features, D
/// targets.
class LeastSquares {
  public:
    LeastSquares(std::int64_t features, std::int64_t targets);

    /// What comes after enough_rows(F) is left out: rows should come in an order that is drawn.
    void add(std::span<const double> features, std::span<const float> target);
    /// Solves for the weights; a ridge of 1e-9 of the mean squared feature keeps collinear columns
    /// apart. The sums are given up: nothing can be added any more. `between` is called now and
    /// then and may throw to stop.
    void solve(const std::function<void()>& between = [] {});
    /// out (D); zeros before solve() or if nothing was added.
    void predict(std::span<const double> features, std::span<double> out) const;

  private:
    std::int64_t features_, targets_;
    std::int64_t most_rows_;
    std::int64_t count_ = 0;
    std::vector<double> gram_;     ///< (F, F)
    std::vector<double> moment_;   ///< (F, D)
    std::vector<double> weights_;  ///< (F, D)
};

}  // namespace mast::train
