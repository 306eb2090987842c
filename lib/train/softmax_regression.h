// Linear classification: multinomial logistic regression, in double precision.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mast::train {

/// log p(class | features) = softmax of a linear map. F features, K classes. Keeps the rows it is
/// fitted to, so the caller bounds their number.
class SoftmaxRegression {
  public:
    SoftmaxRegression(std::int64_t features, std::int64_t classes);

    /// may (K): 1 for each class that is possible in this row; empty: all are. All rows have it or
    /// none has.
    void add(std::span<const double> features, std::int32_t target,
             std::span<const std::uint8_t> may = {});
    /// Accelerated gradient descent (Nesterov 1983) on the mean cross entropy with a ridge of 1e-6;
    /// the step is 1 / L, with L bounded by half the largest eigenvalue of the features' second
    /// moments.
    void solve();
    /// Cross entropy in nats of one row among the classes that are possible; log of their number
    /// before solve().
    double loss(std::span<const double> features, std::int32_t target,
                std::span<const std::uint8_t> may = {}) const;

  private:
    double curvature() const;
    void gradient(const std::vector<double>& at, std::vector<double>& out) const;

    std::int64_t features_, classes_;
    std::vector<double> rows_;           ///< (R, F)
    std::vector<std::int32_t> targets_;  ///< (R)
    std::vector<std::uint8_t> may_;      ///< (R, K), or empty
    std::vector<double> weights_;        ///< (K, F)
};

}  // namespace mast::train
