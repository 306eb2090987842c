#include "mask/inputs.h"

#include <algorithm>

namespace mast::mask {

void masked_inputs(const Batch& batch, const MaskedView& view, Modality modality, float mask_value,
                   std::vector<float>& out) {
    const auto& windows = batch.windows;
    const auto& layout = view.objective->layout;
    const auto& channel = windows.channels[store::index_of(modality)];
    const auto dim = static_cast<std::size_t>(channel.dim);
    const auto rows = static_cast<std::size_t>(windows.batch * windows.steps);
    if (channel.discrete) {
        out.assign(rows * dim, 0.0F);
        for (std::size_t r = 0; r < rows; ++r) {
            if (windows.valid[r] == 0) continue;
            out[r * dim + static_cast<std::size_t>(windows.classes[r])] = 1.0F;
        }
    } else {
        const auto& values = windows.values[store::index_of(modality)];
        out.assign(values.begin(), values.end());
    }
    // Row r of (B, T) is token r * per_step + slot of (B, n).
    const auto per_step = static_cast<std::size_t>(layout.per_step());
    const auto slot = static_cast<std::size_t>(layout.slot(modality));
    for (std::size_t r = 0; r < rows; ++r) {
        if (view.hidden[r * per_step + slot] == 0) continue;
        std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(r * dim), dim, mask_value);
    }
}

void marks_of(const Batch& batch, const Objective& objective,
              const std::vector<std::uint8_t>& marks, Modality modality,
              std::vector<std::uint8_t>& out) {
    const auto per_step = static_cast<std::size_t>(objective.layout.per_step());
    const auto slot = static_cast<std::size_t>(objective.layout.slot(modality));
    out.resize(static_cast<std::size_t>(batch.windows.batch * batch.windows.steps));
    for (std::size_t r = 0; r < out.size(); ++r)
        out[r] = marks[r * per_step + slot];
}

}  // namespace mast::mask
