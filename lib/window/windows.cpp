#include "window/windows.h"

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
    for (std::size_t m = 0; m < channels.size(); ++m) {
        const auto& channel = channels[m];
        has_classes = has_classes || channel.discrete;
        values[m].resize(channel.discrete ? 0 : rows * static_cast<std::size_t>(channel.dim));
    }
    classes.resize(has_classes ? rows : 0);
    valid.resize(rows);
    episode.resize(static_cast<std::size_t>(batch));
    start.resize(static_cast<std::size_t>(batch));
}

}  // namespace mast::window
