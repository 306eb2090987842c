#include "train/explained_variance.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/assert.h"
#include "compute/parallel.h"

namespace mast::train {

namespace {

/// A part of a variance below which it is rounding: sums of doubles keep about 13 digits.
constexpr double kRounding = 1e-11;
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

std::size_t place(std::int64_t row, std::int64_t columns, std::int64_t column) {
    return static_cast<std::size_t>(row * columns + column);
}

/// What is left of a sum of squares around its mean; 0 where that is only rounding.
double centred(double square, double sum, std::int64_t rows) {
    const double left = square - sum * sum / static_cast<double>(rows);
    return left > kRounding * square ? left : 0.0;
}

/// Items of so many multiplications each that make a piece worth a thread: about half a
/// millisecond.
std::int64_t grain(std::int64_t multiplications) {
    constexpr std::int64_t kWorth = std::int64_t{1} << 22U;
    return std::max<std::int64_t>(1, kWorth / std::max<std::int64_t>(1, multiplications));
}

double dot(const double* a, const double* b, std::int64_t n) {
    double sum = 0;
    for (std::int64_t k = 0; k < n; ++k)
        sum += a[k] * b[k];
    return sum;
}

/// Replaces the lower triangle of a (n, n) by its Cholesky factor. A column that those before it
/// explain becomes zeros, which leaves it out.
void cholesky(std::vector<double>& a, std::int64_t n) {
    for (std::int64_t j = 0; j < n; ++j) {
        const double* row = a.data() + j * n;
        const double variance = row[j];
        const double left = variance - dot(row, row, j);
        const double root = left > kRounding * variance ? std::sqrt(left) : 0.0;
        a[place(j, n, j)] = root;
        compute::parallel_for(n - j - 1, grain(j), [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t i = j + 1 + first; i < j + 1 + last; ++i) {
                double* other = a.data() + i * n;
                other[j] = root > 0 ? (other[j] - dot(other, row, j)) / root : 0.0;
            }
        });
    }
}

}  // namespace

ExplainedVariance::ExplainedVariance(std::int64_t features, std::int64_t targets)
    : features_(features),
      targets_(targets),
      gram_(static_cast<std::size_t>(features * features)),
      cross_(static_cast<std::size_t>(features * targets)),
      square_(static_cast<std::size_t>(targets)),
      sum_(static_cast<std::size_t>(features)),
      target_sum_(static_cast<std::size_t>(targets)) {}

void ExplainedVariance::add(Matrix<const double> x, Matrix<const double> y) {
    MAST_ASSERT(x.cols == features_ && y.cols == targets_ && x.rows == y.rows);
    const auto most = x.rows * (features_ + targets_);
    compute::parallel_for(features_, grain(most), [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i < last; ++i)
            add_feature(i, x, y);
    });
    add_targets(y);
    rows_ += x.rows;
}

void ExplainedVariance::add_feature(std::int64_t i, Matrix<const double> x,
                                    Matrix<const double> y) {
    double* gram = gram_.data() + i * features_;
    double* cross = cross_.data() + i * targets_;
    for (std::int64_t r = 0; r < x.rows; ++r) {
        const double* here = x.row(r);
        const double* targets = y.row(r);
        const double value = here[i];
        for (std::int64_t j = 0; j <= i; ++j)
            gram[j] += value * here[j];
        for (std::int64_t c = 0; c < targets_; ++c)
            cross[c] += value * targets[c];
        sum_[static_cast<std::size_t>(i)] += value;
    }
}

void ExplainedVariance::add_targets(Matrix<const double> y) {
    for (std::int64_t r = 0; r < y.rows; ++r) {
        for (std::int64_t c = 0; c < targets_; ++c) {
            const double value = y(r, c);
            square_[static_cast<std::size_t>(c)] += value * value;
            target_sum_[static_cast<std::size_t>(c)] += value;
        }
    }
}

double ExplainedVariance::covariance(std::int64_t i, std::int64_t j) const {
    return gram_[place(i, features_, j)] - sum_[static_cast<std::size_t>(i)] *
                                               sum_[static_cast<std::size_t>(j)] /
                                               static_cast<double>(rows_);
}

double ExplainedVariance::cross_covariance(std::int64_t i, std::int64_t target) const {
    return cross_[place(i, targets_, target)] - sum_[static_cast<std::size_t>(i)] *
                                                    target_sum_[static_cast<std::size_t>(target)] /
                                                    static_cast<double>(rows_);
}

double ExplainedVariance::feature_variance(std::int64_t i) const {
    return centred(gram_[place(i, features_, i)], sum_[static_cast<std::size_t>(i)], rows_);
}

double ExplainedVariance::target_variance(std::int64_t target) const {
    return centred(square_[static_cast<std::size_t>(target)],
                   target_sum_[static_cast<std::size_t>(target)], rows_);
}

std::vector<double> ExplainedVariance::r2(std::int64_t count) const {
    std::vector<double> factor(static_cast<std::size_t>(count * count));
    for (std::int64_t i = 0; i < count; ++i) {
        for (std::int64_t j = 0; j < i; ++j)
            factor[place(i, count, j)] = covariance(i, j);
        factor[place(i, count, i)] = feature_variance(i);
    }
    cholesky(factor, count);
    std::vector<double> result(static_cast<std::size_t>(targets_), kUnknown);
    std::vector<double> solution(static_cast<std::size_t>(targets_ * count));
    compute::parallel_for(targets_, grain(count * count / 2),
                          [&](std::int64_t first, std::int64_t last) {
                              for (std::int64_t c = first; c < last; ++c) {
                                  // With L v = cov(x, y), the explained sum of squares is |v|^2.
                                  double* v = solution.data() + c * count;
                                  for (std::int64_t i = 0; i < count; ++i) {
                                      const double* row = factor.data() + i * count;
                                      if (row[i] > 0)
                                          v[i] = (cross_covariance(i, c) - dot(row, v, i)) / row[i];
                                  }
                                  const double variance = target_variance(c);
                                  if (variance > 0) {
                                      result[static_cast<std::size_t>(c)] =
                                          std::clamp(dot(v, v, count) / variance, 0.0, 1.0);
                                  }
                              }
                          });
    return result;
}

double ExplainedVariance::correlation(std::int64_t i, std::int64_t j) const {
    const double variances = feature_variance(i) * feature_variance(j);
    return variances > 0 ? covariance(std::max(i, j), std::min(i, j)) / std::sqrt(variances)
                         : kUnknown;
}

double ExplainedVariance::target_correlation(std::int64_t i, std::int64_t target) const {
    const double variances = feature_variance(i) * target_variance(target);
    return variances > 0 ? cross_covariance(i, target) / std::sqrt(variances) : kUnknown;
}

}  // namespace mast::train
