#include "window/window_index.h"

#include <algorithm>

#include "base/assert.h"
#include "base/error.h"

namespace mast::window {

WindowIndex::WindowIndex(const store::TrajectoryReader& store, store::Split split,
                         std::int64_t context)
    : context_(context), first_window_{0} {
    MAST_ASSERT(context >= 1);
    const auto& episodes = store.episodes();
    for (std::size_t e = 0; e < episodes.size(); ++e) {
        if (episodes[e].split != split) continue;
        episode_.push_back(static_cast<std::int64_t>(e));
        length_.push_back(episodes[e].length);
        first_window_.push_back(first_window_.back() +
                                std::max<std::int64_t>(1, episodes[e].length - context + 1));
    }
    if (episode_.empty()) {
        fail<DataError>(
            "{}: the {} split holds no episode, expected at least one (choose another "
            "split, or ingest again with a fraction for it)",
            store.path().string(), store::name_of(split));
    }
}

Window WindowIndex::at(std::int64_t i) const {
    MAST_ASSERT(i >= 0 && i < count());
    const auto after = std::upper_bound(first_window_.begin(), first_window_.end(), i);
    const auto e = static_cast<std::size_t>(after - first_window_.begin() - 1);
    return {episode_[e], i - first_window_[e], std::min(context_, length_[e])};
}

}  // namespace mast::window
