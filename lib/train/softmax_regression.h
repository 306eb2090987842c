// Linear classification: multinomial logistic regression, in double precision.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace mast::train {

/// log p(class | features) = softmax of a linear map. F features, K classes. Keeps the rows it is
/// fitted to, their features in single precision.
class SoftmaxRegression {
  public:
    SoftmaxRegression(std::int64_t features, std::int64_t classes);

    /// Rows that are kept: in 256 MiB, and so many that the descent takes half an hour of one core
    /// at most; kEnoughRows where they are narrow.
    static std::int64_t most_rows(std::int64_t features, std::int64_t classes);

    /// may (K): 1 for each class that is possible in this row; empty: all are. All rows have it or
    /// none has. What comes after most_rows() is left out: rows should come in an order that is
    /// drawn.
    void add(std::span<const double> features, std::int32_t target,
             std::span<const std::uint8_t> may = {});
    /// Accelerated gradient descent (Nesterov 1983) on the mean cross entropy with a ridge of 1e-6;
    /// the step is 1 / L, with L bounded by half the largest eigenvalue of the features' second
    /// moments. `between` is called now and then and may throw to stop.
    void solve(const std::function<void()>& between = [] {});
    /// Cross entropy in nats of one row among the classes that are possible; log of their number
    /// before solve().
    double loss(std::span<const double> features, std::int32_t target,
                std::span<const std::uint8_t> may = {}) const;
    std::int64_t rows() const { return static_cast<std::int64_t>(targets_.size()); }

  private:
    double curvature(const std::function<void()>& between) const;
    void gradient(const std::vector<double>& at, std::vector<double>& out,
                  const std::function<void()>& between) const;

    std::int64_t features_, classes_;
    std::int64_t most_rows_;
    std::vector<float> rows_;            ///< (R, F)
    std::vector<std::int32_t> targets_;  ///< (R)
    std::vector<std::uint8_t> may_;      ///< (R, K), or empty
    std::vector<double> weights_;        ///< (K, F)
};

}  // namespace mast::train
