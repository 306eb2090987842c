#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace mast::train {

double Schedule::at(std::int64_t step) const {
    if (step <= warmup) return peak * static_cast<double>(step) / static_cast<double>(warmup);
    const auto whole = static_cast<double>(std::max<std::int64_t>(1, steps - warmup));
    const double share = std::min(1.0, static_cast<double>(step - warmup) / whole);
    const double cosine = 0.5 * (1 + std::cos(std::numbers::pi * share));
    return peak * (last_share + (1 - last_share) * cosine);
}

}  // namespace mast::train
