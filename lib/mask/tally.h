// What objectives have really hidden and predicted, counted over many samples.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "mask/batch.h"

namespace mast::mask {

/// Counts of tokens of one objective, by modality; valid tokens only.
struct Tally {
    std::array<std::int64_t, store::kModalities.size()> valid{}, hidden{}, predicted{};
    /// Whether the objective is to hide tokens of this kind.
    std::array<bool, store::kModalities.size()> hides{};
    std::int64_t samples = 0;
    std::int64_t nothing_visible = 0;    ///< samples in which every valid token was hidden
    std::int64_t nothing_predicted = 0;  ///< samples without a target

    /// The counts one after another, to be added to those of other samples.
    static constexpr std::size_t kCounts = 3 * store::kModalities.size() + 3;
    std::array<std::int64_t, kCounts> counts() const;
    void add(std::span<const std::int64_t, kCounts> counts);

    /// Adds one view of a batch.
    void add(const Batch& batch, const MaskedView& view);

    /// Hidden tokens as a fraction of the valid tokens of the kinds that the objective hides; to be
    /// compared with Objective::mean_hidden_asked(). 0 if it hides none.
    double hidden_fraction() const;
    std::int64_t targets() const;
    /// Targets as a fraction of all valid tokens.
    double predicted_fraction() const;
};

}  // namespace mast::mask
