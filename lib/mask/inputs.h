// The tokens as an objective's input shows them: with the mask value where they are hidden.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mask/batch.h"

namespace mast::mask {

/// Fills out (B, T, D) with one modality's standardised values, a discrete action one-hot, and
/// mask_value in every column of a hidden token. Padding is zeros.
void masked_inputs(const Batch& batch, const MaskedView& view, Modality modality, float mask_value,
                   std::span<float> out);

/// Fills out (B, T) with 1 where `marks` (B, n) has one for this modality.
void marks_of(const Batch& batch, const Objective& objective,
              const std::vector<std::uint8_t>& marks, Modality modality,
              std::span<std::uint8_t> out);

}  // namespace mast::mask
