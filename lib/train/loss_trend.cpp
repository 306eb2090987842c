#include "train/loss_trend.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mast::train {

double LossTrend::bound() const {
    if (steps < kSteps) return std::numeric_limits<double>::infinity();
    return std::max(2 * mean, mean + 6 * std::sqrt(variance));
}

void LossTrend::add(double loss) {
    const double taken = std::min(loss, bound());
    ++steps;
    const double rate = 1 / static_cast<double>(std::min(steps, kSteps));
    const double difference = taken - mean;
    mean += rate * difference;
    variance = (1 - rate) * (variance + rate * difference * difference);
}

}  // namespace mast::train
