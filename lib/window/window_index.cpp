#include "window/window_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/assert.h"
#include "base/error.h"
#include "base/random.h"

namespace mast::window {

namespace {

std::string text_of(std::optional<store::Split> split) {
    return split ? fmt::format("the {} split", store::name_of(*split)) : "the store";
}

std::vector<std::int64_t> episodes_of(const store::TrajectoryReader& store,
                                      std::optional<store::Split> split) {
    std::vector<std::int64_t> found;
    const auto& episodes = store.episodes();
    for (std::size_t e = 0; e < episodes.size(); ++e) {
        if (!split || episodes[e].split == *split) found.push_back(static_cast<std::int64_t>(e));
    }
    if (found.empty()) {
        fail<DataError>(
            "{}: {} holds no episode, expected at least one (choose another "
            "split, or ingest again with a fraction for it)",
            store.path().string(), text_of(split));
    }
    return found;
}

std::vector<std::int64_t> chosen_episodes(const store::TrajectoryReader& store,
                                          const EpisodeChoice& choice) {
    auto all = episodes_of(store, choice.split);
    if (choice.count == 0) return all;
    const auto there = static_cast<std::int64_t>(all.size());
    if (choice.count > there) {
        fail<DataError>(
            "{}: {} holds {} episodes, expected at least the {} asked for "
            "(ask for fewer)",
            store.path().string(), text_of(choice.split), there, choice.count);
    }
    const Permutation order(there, choice.seed, "episode choice", 0);
    std::vector<std::int64_t> chosen;
    for (std::int64_t i = 0; i < choice.count; ++i)
        chosen.push_back(all[static_cast<std::size_t>(order(i))]);
    std::sort(chosen.begin(), chosen.end());
    return chosen;
}

}  // namespace

WindowIndex::WindowIndex(const store::TrajectoryReader& store, const EpisodeChoice& choice,
                         std::int64_t context)
    : context_(context), episode_(chosen_episodes(store, choice)), first_window_{0} {
    MAST_ASSERT(context >= 1);
    for (const auto e : episode_) {
        const auto length = store.episodes()[static_cast<std::size_t>(e)].length;
        length_.push_back(length);
        first_window_.push_back(first_window_.back() +
                                std::max<std::int64_t>(1, length - context + 1));
    }
}

Window WindowIndex::at(std::int64_t i) const {
    MAST_ASSERT(i >= 0 && i < count());
    const auto after = std::upper_bound(first_window_.begin(), first_window_.end(), i);
    const auto e = static_cast<std::size_t>(after - first_window_.begin() - 1);
    return {episode_[e], i - first_window_[e], std::min(context_, length_[e])};
}

}  // namespace mast::window
