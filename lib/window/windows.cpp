#include "window/windows.h"

#include <algorithm>

#include "base/assert.h"

namespace mast::window {

void Windows::resize(std::int64_t batch_size, std::int64_t context, const Channels& all,
                     std::span<const store::Modality> wanted) {
    batch = batch_size;
    steps = context;
    channels = {};
    for (const auto modality : wanted) {
        MAST_ASSERT(all[store::index_of(modality)].dim > 0);
        channels[store::index_of(modality)] = all[store::index_of(modality)];
    }
    const auto rows = static_cast<std::size_t>(batch) * static_cast<std::size_t>(steps);
    bool has_classes = false;
    std::int64_t mask_dim = 0;
    for (std::size_t m = 0; m < channels.size(); ++m) {
        const auto& channel = channels[m];
        has_classes = has_classes || channel.discrete;
        mask_dim += channel.masked ? channel.dim : 0;
        values[m].resize(channel.discrete ? 0 : rows * static_cast<std::size_t>(channel.dim));
    }
    classes.resize(has_classes ? rows : 0);
    may.resize(rows * static_cast<std::size_t>(mask_dim));
    valid.resize(rows);
    episode.resize(static_cast<std::size_t>(batch));
    start.resize(static_cast<std::size_t>(batch));
}

std::span<const std::uint8_t> Windows::valid_classes(std::int64_t row) const {
    const std::span<const std::uint8_t> all = may;
    const auto count = all.size() / std::max<std::size_t>(1, valid.size());
    return all.subspan(static_cast<std::size_t>(row) * count, count);
}

}  // namespace mast::window
