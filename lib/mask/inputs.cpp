#include "mask/inputs.h"

#include <algorithm>

#include "base/assert.h"

namespace mast::mask {

namespace {

/// What the tokens of a modality show before any is masked: (B, T, D), classes as one-hot rows.
void shown_values(const Batch& batch, const MaskedView& view, Modality modality,
                  std::span<float> out) {
    const auto& windows = batch.windows;
    const auto& channel = windows.channels[store::index_of(modality)];
    const auto& values = windows.values[store::index_of(modality)];
    if (!channel.discrete && view.source.empty()) {
        std::copy(values.begin(), values.end(), out.begin());
        return;
    }
    const auto dim = static_cast<std::size_t>(channel.dim);
    const auto rows = static_cast<std::size_t>(windows.batch * windows.steps);
    const auto per_step = static_cast<std::size_t>(view.objective->layout.per_step());
    const auto slot = static_cast<std::size_t>(view.objective->layout.slot(modality));
    std::fill(out.begin(), out.end(), 0.0F);
    for (std::size_t r = 0; r < rows; ++r) {
        if (windows.valid[r] == 0) continue;
        const auto source =
            view.source.empty() ? static_cast<std::int32_t>(r) : view.source[r * per_step + slot];
        if (source == kNoSource) continue;
        const auto from = static_cast<std::size_t>(source);
        if (channel.discrete) {
            out[r * dim + static_cast<std::size_t>(windows.classes[from])] = 1.0F;
        } else {
            std::copy_n(values.data() + from * dim, dim, out.data() + r * dim);
        }
    }
}

}  // namespace

void masked_inputs(const Batch& batch, const MaskedView& view, Modality modality, float mask_value,
                   std::span<float> out) {
    const auto& layout = view.objective->layout;
    const auto dim =
        static_cast<std::size_t>(batch.windows.channels[store::index_of(modality)].dim);
    const auto rows = static_cast<std::size_t>(batch.windows.batch * batch.windows.steps);
    MAST_ASSERT(out.size() == rows * dim);
    shown_values(batch, view, modality, out);
    // Row r of (B, T) is token r * per_step + slot of (B, n).
    const auto per_step = static_cast<std::size_t>(layout.per_step());
    const auto slot = static_cast<std::size_t>(layout.slot(modality));
    for (std::size_t r = 0; r < rows; ++r) {
        if (!view.masked(r * per_step + slot)) continue;
        std::fill_n(out.data() + r * dim, dim, mask_value);
    }
}

void marks_of(const Batch& batch, const Objective& objective,
              const std::vector<std::uint8_t>& marks, Modality modality,
              std::span<std::uint8_t> out) {
    const auto per_step = static_cast<std::size_t>(objective.layout.per_step());
    const auto slot = static_cast<std::size_t>(objective.layout.slot(modality));
    MAST_ASSERT(static_cast<std::int64_t>(out.size()) == batch.windows.batch * batch.windows.steps);
    for (std::size_t r = 0; r < out.size(); ++r)
        out[r] = marks[r * per_step + slot] != 0 ? 1 : 0;
}

}  // namespace mast::mask
