// Reads windows of a store in an order that only (seed, epoch) decides.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "store/trajectories.h"
#include "window/scaler.h"
#include "window/window_index.h"
#include "window/windows.h"

namespace mast::window {

/// The position of a loader is one number, the windows handed out so far: epoch = position / count.
/// Each epoch shows every window of the split once, in its own order. Memory stays bounded for any size
/// of store; a split that is small enough is kept in memory.
class Loader {
  public:
    Loader(const store::TrajectoryReader& store, store::Split split, std::int64_t context,
           std::span<const store::Modality> wanted, std::uint64_t seed);

    /// The windows at positions first .. first + batch - 1 of the endless order.
    void load(std::int64_t first, std::int64_t batch, Windows& out);
    /// The i-th window in the order of the store, without shuffling (for evaluation).
    void load_in_order(std::int64_t first, std::int64_t batch, Windows& out);

    std::int64_t count() const { return index_.count(); }
    const Scaler& scaler() const { return scaler_; }
    const Channels& channels() const { return channels_; }

  private:
    void read_window(const Window& window, std::int64_t slot, Windows& out);

    const store::TrajectoryReader& store_;
    WindowIndex index_;
    Scaler scaler_;
    Channels channels_;
    std::vector<store::Modality> wanted_;
    std::uint64_t seed_;
};

}  // namespace mast::window
