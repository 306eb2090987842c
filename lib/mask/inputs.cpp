#include "mask/inputs.h"

#include <algorithm>

namespace mast::mask {

void masked_inputs(const Batch& batch, const MaskedView& view, Modality modality, float mask_value,
                   std::vector<float>& out) {
    const auto& windows = batch.windows;
    const auto& layout = view.objective->layout;
    const auto& channel = windows.channels[store::index_of(modality)];
    const auto& values = windows.values[store::index_of(modality)];
    const auto dim = static_cast<std::size_t>(channel.dim);
    const auto rows = static_cast<std::size_t>(windows.batch * windows.steps);
    // Row r of (B, T) is token r * per_step + slot of (B, n).
    const auto per_step = static_cast<std::size_t>(layout.per_step());
    const auto slot = static_cast<std::size_t>(layout.slot(modality));
    out.assign(rows * dim, 0.0F);
    for (std::size_t r = 0; r < rows; ++r) {
        const auto token = r * per_step + slot;
        float* to = out.data() + r * dim;
        const auto from =
            view.source.empty() ? r : static_cast<std::size_t>(std::max(0, view.source[token]));
        if (view.masked(token)) {
            std::fill_n(to, dim, mask_value);
        } else if (!channel.discrete) {
            std::copy_n(values.data() + from * dim, dim, to);
        } else if (windows.valid[r] != 0) {
            to[static_cast<std::size_t>(windows.classes[from])] = 1.0F;
        }
    }
}

void marks_of(const Batch& batch, const Objective& objective,
              const std::vector<std::uint8_t>& marks, Modality modality,
              std::vector<std::uint8_t>& out) {
    const auto per_step = static_cast<std::size_t>(objective.layout.per_step());
    const auto slot = static_cast<std::size_t>(objective.layout.slot(modality));
    out.resize(static_cast<std::size_t>(batch.windows.batch * batch.windows.steps));
    for (std::size_t r = 0; r < out.size(); ++r)
        out[r] = marks[r * per_step + slot] != 0 ? 1 : 0;
}

}  // namespace mast::mask
