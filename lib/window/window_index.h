// Which windows of T steps there are: every start inside every episode that is chosen.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "store/trajectories.h"

namespace mast::window {

/// A run of steps inside one episode.
struct Window {
    std::int64_t episode;  ///< index into the store's episode table
    std::int64_t start;    ///< first step, counted from the episode's first
    std::int64_t length;   ///< valid steps: T, or the whole episode where that is shorter
};

/// Episodes of a store: all, those of a split, or some of these.
struct EpisodeChoice {
    EpisodeChoice() = default;
    EpisodeChoice(store::Split of)
        : split(of) {}  // NOLINT(google-explicit-constructor): a split is a choice
    EpisodeChoice(store::Split of, std::int64_t most, std::uint64_t drawn_by)
        : split(of), count(most), seed(drawn_by) {}

    std::optional<store::Split> split;  ///< empty: of all
    /// So many of them, drawn by the seed; those of a smaller count are among those of a
    /// larger one. 0: all.
    std::int64_t count = 0;
    std::uint64_t seed = 0;
};

/// An episode of L steps has max(1, L - T + 1) windows; none crosses an episode's end. Memory grows
/// with the number of episodes, not of steps.
class WindowIndex {
  public:
    /// Throws DataError if the split holds no episode, or fewer than are asked for.
    WindowIndex(const store::TrajectoryReader& store, const EpisodeChoice& choice,
                std::int64_t context);

    /// Numbers of the chosen episodes, rising.
    std::span<const std::int64_t> episodes() const { return episode_; }

    std::int64_t count() const { return first_window_.back(); }
    /// 0 <= i < count().
    Window at(std::int64_t i) const;
    std::int64_t context() const { return context_; }

  private:
    std::int64_t context_;
    std::vector<std::int64_t> episode_;       ///< episodes that are chosen
    std::vector<std::int64_t> length_;        ///< their steps
    std::vector<std::int64_t> first_window_;  ///< prefix sums, one more than episodes
};

}  // namespace mast::window
