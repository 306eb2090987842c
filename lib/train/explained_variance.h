// How much of some columns a linear map of other columns explains, from sums alone.
#pragma once

#include <cstdint>
#include <vector>

#include "base/matrix.h"

namespace mast::train {

/// Gathers the second moments of F features and D targets over any number of rows in
/// F (F + D) doubles, so that R^2 needs no second pass. The constant is always among the features
/// without being one. Columns should be standardised roughly: a mean far above the deviation costs
/// digits.
class ExplainedVariance {
  public:
    ExplainedVariance(std::int64_t features, std::int64_t targets);

    /// x (n, F), y (n, D).
    void add(Matrix<const double> x, Matrix<const double> y);

    std::int64_t rows() const { return rows_; }
    std::int64_t features() const { return features_; }
    /// Whether a fit by chance can be told from one that holds: noise reaches R^2 = F / rows.
    bool enough_rows() const { return rows_ >= kRowsPerFeature * (features_ + 1); }
    static constexpr std::int64_t kRowsPerFeature = 10;

    /// R^2 of each target (D) from the first `count` features, within 0 .. 1; NaN for a target that
    /// does not vary. A feature that those before it explain adds nothing.
    std::vector<double> r2(std::int64_t count) const;
    std::vector<double> r2() const { return r2(features_); }

    /// Pearson's coefficient of two features; NaN where one does not vary.
    double correlation(std::int64_t i, std::int64_t j) const;
    /// The same of a feature and a target.
    double target_correlation(std::int64_t i, std::int64_t target) const;

  private:
    void add_feature(std::int64_t i, Matrix<const double> x, Matrix<const double> y);
    void add_targets(Matrix<const double> y);
    double covariance(std::int64_t i, std::int64_t j) const;  ///< times rows; i >= j
    double cross_covariance(std::int64_t i, std::int64_t target) const;
    double feature_variance(std::int64_t i) const;
    double target_variance(std::int64_t target) const;

    std::int64_t features_, targets_;
    std::int64_t rows_ = 0;
    std::vector<double> gram_;    ///< (F, F), the lower triangle
    std::vector<double> cross_;   ///< (F, D)
    std::vector<double> square_;  ///< (D), of the targets
    std::vector<double> sum_;     ///< (F)
    std::vector<double> target_sum_;
};

}  // namespace mast::train
