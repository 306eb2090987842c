// What a model sees: windows, and how each objective masks them. Here the data branch of the
// library meets the arithmetic branch.
#pragma once

#include <cstdint>
#include <vector>

#include "mask/objective.h"
#include "window/windows.h"

namespace mast::mask {

inline constexpr std::int32_t kNoSource = -1;

/// One objective's view of the windows of a batch.
struct MaskedView {
    const Objective* objective = nullptr;  ///< owned by whoever made the batch
    std::vector<std::uint8_t> hidden;      ///< (B, n) how each token is shown (see Shown)
    std::vector<std::uint8_t> predict;     ///< (B, n) 1 where a target
    /// (B, n) which row b * T + t of its modality's values a token shows: its own where it is
    /// visible or kept, another where it is replaced, kNoSource where the mask stands. Empty if the
    /// objective replaces none.
    std::vector<std::int32_t> source;

    /// Whether the mask stands for token i = b * n + token.
    bool masked(std::size_t i) const {
        return source.empty() ? hidden[i] != kVisible : source[i] == kNoSource;
    }
};

struct Batch {
    std::size_t domain = 0;  ///< of a network for several
    window::Windows windows;
    std::vector<MaskedView> views;  ///< one for each objective
};

/// Draws every objective for the windows of the batch; sample b has the number
/// first.sample + b. A replaced token shows one of another sample of the batch, at any valid step;
/// it is masked where there is no other sample.
void mask_windows(const std::vector<Objective>& objectives, const DrawKey& first, Batch& batch);

/// Bytes of a batch of so many windows, in double precision: sizes that no machine has must not
/// overflow.
double batch_bytes(const window::Channels& channels, const std::vector<Objective>& objectives,
                   std::int64_t batch);

}  // namespace mast::mask
