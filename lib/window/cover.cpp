#include "window/cover.h"

#include "base/assert.h"

namespace mast::window {

std::vector<CoverPart> cover(const WindowIndex& index, std::int64_t stride, std::int64_t before) {
    MAST_ASSERT(stride >= 1 && before >= 0 && before <= index.context() - stride);
    std::vector<CoverPart> parts;
    std::int64_t begun = -1;  // the window of the part under way
    Window window{-1, 0, 0};
    for (std::int64_t i = 0; i < index.count(); ++i) {
        const auto next = index.at(i);
        const bool ends_episode = i + 1 == index.count() || index.at(i + 1).episode != next.episode;
        if (next.start % stride != 0 && !ends_episode) continue;
        const bool goes_on = next.episode == window.episode;
        const auto first = goes_on ? before : 0;
        if (goes_on) parts.back().count = next.start + first - begun;
        begun = next.start + first;
        parts.push_back({i, first, next.length - first});
        window = next;
    }
    return parts;
}

}  // namespace mast::window
