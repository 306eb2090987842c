// What a model sees: windows, and how each objective masks them. Here the data branch of the
// library meets the arithmetic branch.
#pragma once

#include <cstdint>
#include <vector>

#include "mask/objective.h"
#include "window/windows.h"

namespace mast::mask {

/// One objective's view of the windows of a batch.
struct MaskedView {
    const Objective* objective = nullptr;  ///< owned by whoever made the batch
    std::vector<std::uint8_t> hidden;      ///< (B, n) 1 where replaced at the input
    std::vector<std::uint8_t> predict;     ///< (B, n) 1 where a target
};

struct Batch {
    window::Windows windows;
    std::vector<MaskedView> views;  ///< one for each objective
};

/// Draws every objective for the windows of the batch; sample b has the number first_sample + b.
void mask_windows(const std::vector<Objective>& objectives, std::uint64_t seed,
                  std::uint64_t first_sample, Batch& batch);

}  // namespace mast::mask
