#include "train/clip.h"

#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "compute/parallel.h"

namespace mast::train {

namespace {

/// Sums of squares in a fixed pattern, so that the loop is vectorised without reordering.
double squares(std::span<const float> gradients) {
    constexpr std::size_t kLanes = 8;
    double sums[kLanes] = {};
    const auto whole = gradients.size() / kLanes * kLanes;
    for (std::size_t i = 0; i < whole; i += kLanes) {
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            const auto value = static_cast<double>(gradients[i + lane]);
            sums[lane] += value * value;
        }
    }
    double total = 0;
    for (std::size_t i = whole; i < gradients.size(); ++i) {
        const auto value = static_cast<double>(gradients[i]);
        total += value * value;
    }
    for (const double sum : sums)
        total += sum;
    return total;
}

}  // namespace

double gradient_norm(std::span<const float> gradients) {
    constexpr std::int64_t kGrain = 65536;
    const auto count = static_cast<std::int64_t>(gradients.size());
    static thread_local std::vector<double> sums;
    sums.resize(static_cast<std::size_t>(compute::piece_count(count, kGrain)));
    compute::parallel_for(
        count, kGrain, [&, out = sums.data()](std::int64_t first, std::int64_t last) {
            out[first / kGrain] = squares(gradients.subspan(
                static_cast<std::size_t>(first), static_cast<std::size_t>(last - first)));
        });
    return std::sqrt(std::accumulate(sums.begin(), sums.end(), 0.0));
}

double clip_factor(double norm, double limit) {
    return limit > 0 && norm > limit ? limit / norm : 1.0;
}

}  // namespace mast::train
