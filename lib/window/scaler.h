// Standardisation of each column by the train split's mean and standard deviation.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "store/trajectories.h"

namespace mast::window {

/// z = (x - mean) / scale. A column that hardly varies (std below 1e-6 of its magnitude) has scale
/// 1, so that a constant becomes 0 and rounding noise is not blown up.
class Scaler {
  public:
    Scaler() = default;
    /// From the statistics that the store keeps.
    explicit Scaler(const store::TrajectoryReader& store);
    Scaler(std::array<std::vector<float>, 4> mean, std::array<std::vector<float>, 4> scale);

    /// The same, with the store's where this has none: batches tell the scaling of their own
    /// tokens.
    Scaler filled_by(const store::TrajectoryReader& store) const;

    /// Rows of a modality in place; values (rows, D).
    void standardise(store::Modality modality, std::span<float> values) const;
    /// Back to the data's own units.
    void restore(store::Modality modality, std::span<float> values) const;

    std::span<const float> mean(store::Modality modality) const;
    std::span<const float> scale(store::Modality modality) const;

  private:
    std::array<std::vector<float>, 4> mean_, scale_;
};

}  // namespace mast::window
