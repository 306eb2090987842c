// The masked batches of a store, one after another, made ahead of time.
#pragma once

#include <array>
#include <cstdint>
#include <future>
#include <vector>

#include "mask/batch.h"
#include "window/loader.h"

namespace mast::mask {

/// Batches 0 .. count - 1. While one is used the next is made on a thread of its own, where that is
/// asked for and the loader has no need of the file, which only one thread may read at a time. The
/// batches are the same either way.
class MaskedBatches {
  public:
    /// loader and objectives must outlive this, and the loader belongs to it for that long.
    MaskedBatches(window::Loader& loader, const std::vector<Objective>& objectives,
                  std::int64_t batch_size, std::int64_t count, std::uint64_t seed, bool ahead);

    /// The next batch: stays as it is until the next call. At most `count` calls.
    const Batch& next();

  private:
    void make(std::int64_t number);
    Batch& place(std::int64_t number) { return batches_[static_cast<std::size_t>(number % 2)]; }

    window::Loader& loader_;
    const std::vector<Objective>& objectives_;
    std::int64_t batch_size_;
    std::int64_t count_;
    std::uint64_t seed_;
    bool ahead_;
    std::int64_t next_ = 0;
    std::array<Batch, 2> batches_;
    std::future<void> under_way_;  ///< waited for when this goes; owns no data
};

}  // namespace mast::mask
