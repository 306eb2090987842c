#include "train/least_squares.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/assert.h"

namespace mast::train {

namespace {

/// Replaces the lower triangle of a (n, n), positive definite, by its Cholesky factor.
void cholesky(std::vector<double>& a, std::size_t n, const std::function<void()>& between) {
    for (std::size_t j = 0; j < n; ++j) {
        between();
        double diagonal = a[j * n + j];
        for (std::size_t k = 0; k < j; ++k)
            diagonal -= a[j * n + k] * a[j * n + k];
        MAST_ASSERT(diagonal > 0);
        const double root = std::sqrt(diagonal);
        a[j * n + j] = root;
        for (std::size_t i = j + 1; i < n; ++i) {
            double value = a[i * n + j];
            for (std::size_t k = 0; k < j; ++k)
                value -= a[i * n + k] * a[j * n + k];
            a[i * n + j] = value / root;
        }
    }
}

/// x = (L Lᵀ)⁻¹ x for the columns of x (n, d); L is the lower triangle of `factor` (n, n).
void solve_factored(const std::vector<double>& factor, std::size_t n, std::size_t d,
                    std::vector<double>& x, const std::function<void()>& between) {
    const auto take_from = [&](std::size_t i, std::size_t k, double times) {
        for (std::size_t c = 0; c < d; ++c)
            x[i * d + c] -= times * x[k * d + c];
    };
    const auto divide = [&](std::size_t i) {
        for (std::size_t c = 0; c < d; ++c)
            x[i * d + c] /= factor[i * n + i];
    };
    for (std::size_t i = 0; i < n; ++i) {  // L y = x
        between();
        for (std::size_t k = 0; k < i; ++k)
            take_from(i, k, factor[i * n + k]);
        divide(i);
    }
    for (std::size_t i = n; i-- > 0;) {  // Lᵀ x = y
        between();
        for (std::size_t k = i + 1; k < n; ++k)
            take_from(i, k, factor[k * n + i]);
        divide(i);
    }
}

}  // namespace

std::int64_t enough_rows(std::int64_t features) {
    constexpr std::int64_t kWork = 60'000'000'000;
    const auto affordable = std::max(kWork / (features * features), 10 * features);
    return std::min(affordable, kEnoughRows);
}

LeastSquares::LeastSquares(std::int64_t features, std::int64_t targets)
    : features_(features),
      targets_(targets),
      most_rows_(enough_rows(features)),
      gram_(static_cast<std::size_t>(features * features)),
      moment_(static_cast<std::size_t>(features * targets)),
      weights_(static_cast<std::size_t>(features * targets)) {}

void LeastSquares::add(std::span<const double> features, std::span<const float> target) {
    MAST_ASSERT(!gram_.empty());
    if (count_ == most_rows_) return;
    const auto f = static_cast<std::size_t>(features_);
    const auto d = static_cast<std::size_t>(targets_);
    for (std::size_t i = 0; i < f; ++i) {
        const double x = features[i];
        for (std::size_t j = 0; j <= i; ++j)
            gram_[i * f + j] += x * features[j];
        for (std::size_t c = 0; c < d; ++c) {
            moment_[i * d + c] += x * static_cast<double>(target[c]);
        }
    }
    ++count_;
}

void LeastSquares::solve(const std::function<void()>& between) {
    if (count_ == 0) return;
    const auto f = static_cast<std::size_t>(features_);
    double trace = 0;
    for (std::size_t i = 0; i < f; ++i)
        trace += gram_[i * f + i];
    auto factor = std::move(gram_);
    for (std::size_t i = 0; i < f; ++i) {
        factor[i * f + i] += 1e-9 * trace / static_cast<double>(f) + 1e-300;
    }
    cholesky(factor, f, between);
    weights_ = std::move(moment_);
    solve_factored(factor, f, static_cast<std::size_t>(targets_), weights_, between);
}

void LeastSquares::predict(std::span<const double> features, std::span<double> out) const {
    const auto d = static_cast<std::size_t>(targets_);
    for (std::size_t c = 0; c < d; ++c)
        out[c] = 0;
    for (std::size_t i = 0; i < features.size(); ++i) {
        for (std::size_t c = 0; c < d; ++c)
            out[c] += features[i] * weights_[i * d + c];
    }
}

}  // namespace mast::train
