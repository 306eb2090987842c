#include "train/softmax_regression.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "train/audit.h"
#include "train/least_squares.h"

namespace mast::train {

namespace {

constexpr int kIterations = 500;
constexpr int kPowerIterations = 30;
constexpr double kRidge = 1e-6;
constexpr std::int64_t kMostBytes = std::int64_t{256} << 20U;
constexpr std::size_t kRowsBetween = 64;  ///< after which a wish to stop is looked for
constexpr double kNone = -std::numeric_limits<double>::infinity();

template <class T>
double dot(const double* a, const T* b, std::size_t n) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i)
        sum += a[i] * static_cast<double>(b[i]);
    return sum;
}

/// Probabilities of the classes; returns the log of the normaliser. may: of which only these are
/// possible; empty: all.
template <class T>
double softmax(const std::vector<double>& weights, const T* row, std::size_t features,
               std::span<const std::uint8_t> may, std::vector<double>& out) {
    double most = kNone;
    for (std::size_t k = 0; k < out.size(); ++k) {
        const bool possible = may.empty() || may[k] != 0;
        out[k] = possible ? dot(weights.data() + k * features, row, features) : kNone;
        most = std::max(most, out[k]);
    }
    double sum = 0;
    for (const double score : out)
        sum += std::exp(score - most);
    const double log_sum = most + std::log(sum);
    for (auto& score : out)
        score = std::exp(score - log_sum);
    return log_sum;
}

}  // namespace

SoftmaxRegression::SoftmaxRegression(std::int64_t features, std::int64_t classes)
    : features_(features),
      classes_(classes),
      most_rows_(most_rows(features, classes)),
      weights_(static_cast<std::size_t>(features * classes)) {}

std::int64_t SoftmaxRegression::most_rows(std::int64_t features, std::int64_t classes) {
    const std::int64_t bytes = features * std::int64_t{sizeof(float)} + classes;
    const double work = 2.0 * kIterations * static_cast<double>(features * classes);
    const auto in_time = static_cast<std::int64_t>(AuditLimits{}.work / work);
    return std::max<std::int64_t>(1, std::min({kMostBytes / bytes, in_time, kEnoughRows}));
}

void SoftmaxRegression::add(std::span<const double> features, std::int32_t target,
                            std::span<const std::uint8_t> may) {
    if (rows() == most_rows_) return;
    may_.insert(may_.end(), may.begin(), may.end());
    for (const double feature : features)
        rows_.push_back(static_cast<float>(feature));
    targets_.push_back(target);
}

double SoftmaxRegression::curvature(const std::function<void()>& between) const {
    const auto f = static_cast<std::size_t>(features_);
    std::vector<double> direction(f, 1.0);
    double eigenvalue = 1;
    for (int i = 0; i < kPowerIterations; ++i) {
        std::vector<double> next(f);
        for (std::size_t r = 0; r < targets_.size(); ++r) {
            if (r % kRowsBetween == 0) between();
            const float* row = rows_.data() + r * f;
            const double along = dot(direction.data(), row, f);
            for (std::size_t c = 0; c < f; ++c)
                next[c] += along * static_cast<double>(row[c]);
        }
        const double length = std::sqrt(dot(next.data(), next.data(), f));
        if (length == 0) return 1;
        const double before = std::sqrt(dot(direction.data(), direction.data(), f));
        eigenvalue = length / before / static_cast<double>(targets_.size());
        for (std::size_t c = 0; c < f; ++c)
            direction[c] = next[c] / length;
    }
    // The softmax's own curvature is at most 1/2; a tenth more for what the power iteration misses.
    return 0.55 * eigenvalue + kRidge;
}

void SoftmaxRegression::gradient(const std::vector<double>& at, std::vector<double>& out,
                                 const std::function<void()>& between) const {
    const auto f = static_cast<std::size_t>(features_);
    for (std::size_t i = 0; i < at.size(); ++i)
        out[i] = kRidge * at[i];
    std::vector<double> share(static_cast<std::size_t>(classes_));
    const double weight = 1.0 / static_cast<double>(targets_.size());
    for (std::size_t r = 0; r < targets_.size(); ++r) {
        if (r % kRowsBetween == 0) between();
        const float* row = rows_.data() + r * f;
        const std::span<const std::uint8_t> all = may_;
        softmax(at, row, f, all.empty() ? all : all.subspan(r * share.size(), share.size()), share);
        share[static_cast<std::size_t>(targets_[r])] -= 1;
        for (std::size_t k = 0; k < share.size(); ++k) {
            const double factor = weight * share[k];
            for (std::size_t c = 0; c < f; ++c)
                out[k * f + c] += factor * static_cast<double>(row[c]);
        }
    }
}

void SoftmaxRegression::solve(const std::function<void()>& between) {
    if (targets_.empty()) return;
    const double rate = 1 / curvature(between);
    auto ahead = weights_;
    auto before = weights_;
    std::vector<double> slope(weights_.size());
    for (int i = 1; i <= kIterations; ++i) {
        gradient(ahead, slope, between);
        const double momentum = static_cast<double>(i - 1) / static_cast<double>(i + 2);
        for (std::size_t j = 0; j < weights_.size(); ++j) {
            weights_[j] = ahead[j] - rate * slope[j];
            ahead[j] = weights_[j] + momentum * (weights_[j] - before[j]);
        }
        before = weights_;
    }
}

double SoftmaxRegression::loss(std::span<const double> features, std::int32_t target,
                               std::span<const std::uint8_t> may) const {
    std::vector<double> share(static_cast<std::size_t>(classes_));
    const auto f = static_cast<std::size_t>(features_);
    const double log_sum = softmax(weights_, features.data(), f, may, share);
    return log_sum -
           dot(weights_.data() + static_cast<std::size_t>(target) * f, features.data(), f);
}

}  // namespace mast::train
