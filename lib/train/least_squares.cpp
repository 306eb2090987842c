#include "train/least_squares.h"

#include <cmath>

#include "base/assert.h"

namespace mast::train {

namespace {

/// Replaces the lower triangle of a (n, n), positive definite, by its Cholesky factor.
void cholesky(std::vector<double>& a, std::size_t n) {
    for (std::size_t j = 0; j < n; ++j) {
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

}  // namespace

LeastSquares::LeastSquares(std::int64_t features, std::int64_t targets)
    : features_(features),
      targets_(targets),
      gram_(static_cast<std::size_t>(features * features)),
      moment_(static_cast<std::size_t>(features * targets)),
      weights_(static_cast<std::size_t>(features * targets)) {}

void LeastSquares::add(std::span<const double> features, std::span<const float> target) {
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

void LeastSquares::solve() {
    if (count_ == 0) return;
    const auto f = static_cast<std::size_t>(features_);
    const auto d = static_cast<std::size_t>(targets_);
    double trace = 0;
    for (std::size_t i = 0; i < f; ++i)
        trace += gram_[i * f + i];
    auto factor = gram_;
    for (std::size_t i = 0; i < f; ++i) {
        factor[i * f + i] += 1e-9 * trace / static_cast<double>(f) + 1e-300;
    }
    cholesky(factor, f);
    weights_ = moment_;
    for (std::size_t c = 0; c < d; ++c) {
        for (std::size_t i = 0; i < f; ++i) {  // L y = moment
            double value = weights_[i * d + c];
            for (std::size_t k = 0; k < i; ++k)
                value -= factor[i * f + k] * weights_[k * d + c];
            weights_[i * d + c] = value / factor[i * f + i];
        }
        for (std::size_t i = f; i-- > 0;) {  // Lᵀ weights = y
            double value = weights_[i * d + c];
            for (std::size_t k = i + 1; k < f; ++k) {
                value -= factor[k * f + i] * weights_[k * d + c];
            }
            weights_[i * d + c] = value / factor[i * f + i];
        }
    }
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
