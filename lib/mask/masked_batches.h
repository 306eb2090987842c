// The masked batches of a store, one after another, made ahead of time.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <exception>
#include <semaphore>
#include <thread>
#include <vector>

#include "mask/batch.h"
#include "window/loader.h"

namespace mast::mask {

/// Batches first .. last - 1 of `count`, by which curricula grow. While one is used the next few
/// are made on a thread of its own, where that is asked for, the system has a thread to give, and
/// the loader has no need of the file, which only one thread may read at a time. The batches are
/// the same either way.
class MaskedBatches {
  public:
    /// Batches in memory at a time, where they are made ahead.
    static constexpr std::int64_t kPlaces = 4;

    /// loader and objectives must outlive this, and the loader belongs to it for that long.
    MaskedBatches(window::Loader& loader, const std::vector<Objective>& objectives,
                  std::int64_t batch_size, std::int64_t first, std::int64_t last,
                  std::int64_t count, std::uint64_t seed, bool ahead);
    ~MaskedBatches();
    MaskedBatches(const MaskedBatches&) = delete;
    MaskedBatches& operator=(const MaskedBatches&) = delete;

    /// The next batch: stays as it is until the next call. At most `last - first` calls. What
    /// making it throws comes out here.
    const Batch& next();

  private:
    void make(std::int64_t number, Batch& batch);
    void make_all();
    static std::size_t place_of(std::int64_t number) {
        return static_cast<std::size_t>(number % kPlaces);
    }

    window::Loader& loader_;
    const std::vector<Objective>& objectives_;
    std::int64_t batch_size_;
    std::int64_t first_;
    std::int64_t last_;
    std::int64_t count_;
    std::uint64_t seed_;
    std::int64_t next_;
    std::array<Batch, kPlaces> batches_;
    std::array<std::exception_ptr, kPlaces> failures_;
    std::counting_semaphore<> free_{kPlaces};  ///< places that may be filled
    std::counting_semaphore<> ready_{0};       ///< batches made and not yet asked for
    std::atomic<bool> stop_ = false;
    std::thread maker_;  ///< runs make_all; absent where nothing is made ahead
};

}  // namespace mast::mask
