// Which windows of T steps there are: every start inside every episode of a split.
#pragma once

#include <cstdint>
#include <vector>

#include "store/trajectories.h"

namespace mast::window {

/// A run of steps inside one episode.
struct Window {
    std::int64_t episode;  ///< index into the store's episode table
    std::int64_t start;    ///< first step, counted from the episode's first
    std::int64_t length;   ///< valid steps: T, or the whole episode where that is shorter
};

/// An episode of L steps has max(1, L - T + 1) windows; none crosses an episode's end. Memory grows
/// with the number of episodes, not of steps.
class WindowIndex {
  public:
    /// Throws DataError if the split holds no episode.
    WindowIndex(const store::TrajectoryReader& store, store::Split split, std::int64_t context);

    std::int64_t count() const { return first_window_.back(); }
    /// 0 <= i < count().
    Window at(std::int64_t i) const;
    std::int64_t context() const { return context_; }

  private:
    std::int64_t context_;
    std::vector<std::int64_t> episode_;       ///< episodes of the split
    std::vector<std::int64_t> length_;        ///< their steps
    std::vector<std::int64_t> first_window_;  ///< prefix sums, one more than episodes
};

}  // namespace mast::window
