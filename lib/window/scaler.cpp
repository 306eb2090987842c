#include "window/scaler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/assert.h"

namespace mast::window {

namespace {

constexpr double kHardlyVaries = 1e-6;

float scale_of(double std, double min, double max) {
    const double magnitude = std::max(std::abs(min), std::abs(max));
    const auto scale = static_cast<float>(std);
    // Not even a quotient of floats may overflow, hence the smallest normal number as a floor.
    if (!(std > kHardlyVaries * magnitude) || !(scale >= std::numeric_limits<float>::min())) {
        return 1.0F;
    }
    return scale;
}

}  // namespace

Scaler::Scaler(const store::TrajectoryReader& store) {
    for (const auto modality : store::kModalities) {
        const auto& statistics = store.statistics(modality);
        auto& mean = mean_[store::index_of(modality)];
        auto& scale = scale_[store::index_of(modality)];
        for (std::size_t c = 0; c < statistics.mean.size(); ++c) {
            mean.push_back(static_cast<float>(statistics.mean[c]));
            scale.push_back(scale_of(statistics.std[c], statistics.min[c], statistics.max[c]));
        }
    }
}

Scaler::Scaler(std::array<std::vector<float>, 4> mean, std::array<std::vector<float>, 4> scale)
    : mean_(std::move(mean)), scale_(std::move(scale)) {
    for (std::size_t m = 0; m < mean_.size(); ++m)
        MAST_ASSERT(mean_[m].size() == scale_[m].size());
}

Scaler Scaler::filled_by(const store::TrajectoryReader& store) const {
    const Scaler own(store);
    Scaler filled = *this;
    for (std::size_t m = 0; m < mean_.size(); ++m) {
        if (!mean_[m].empty()) continue;
        filled.mean_[m] = own.mean_[m];
        filled.scale_[m] = own.scale_[m];
    }
    return filled;
}

void Scaler::standardise(store::Modality modality, std::span<float> values) const {
    const auto columns = mean(modality);
    const auto scales = scale(modality);
    MAST_ASSERT(values.empty() || (!columns.empty() && values.size() % columns.size() == 0));
    for (std::size_t row = 0; row < values.size(); row += columns.size()) {
        for (std::size_t c = 0; c < columns.size(); ++c) {
            values[row + c] = (values[row + c] - columns[c]) / scales[c];
        }
    }
}

void Scaler::restore(store::Modality modality, std::span<float> values) const {
    const auto columns = mean(modality);
    const auto scales = scale(modality);
    MAST_ASSERT(values.empty() || (!columns.empty() && values.size() % columns.size() == 0));
    for (std::size_t row = 0; row < values.size(); row += columns.size()) {
        for (std::size_t c = 0; c < columns.size(); ++c) {
            values[row + c] = values[row + c] * scales[c] + columns[c];
        }
    }
}

std::span<const float> Scaler::mean(store::Modality modality) const {
    return mean_[store::index_of(modality)];
}

std::span<const float> Scaler::scale(store::Modality modality) const {
    return scale_[store::index_of(modality)];
}

}  // namespace mast::window
