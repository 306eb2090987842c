#include "mask/masked_batches.h"

#include "base/assert.h"
#include "base/thread.h"

namespace mast::mask {

MaskedBatches::MaskedBatches(window::Loader& loader, const std::vector<Objective>& objectives,
                             std::int64_t batch_size, std::int64_t first, std::int64_t last,
                             std::int64_t count, std::uint64_t seed, bool ahead)
    : loader_(loader),
      objectives_(objectives),
      batch_size_(batch_size),
      first_(first),
      last_(last),
      count_(count),
      seed_(seed),
      next_(first) {
    if (ahead && loader.is_in_memory()) maker_ = try_thread([this] { make_all(); });
}

MaskedBatches::~MaskedBatches() {
    if (!maker_.joinable()) return;
    stop_ = true;
    free_.release();
    maker_.join();
}

void MaskedBatches::make(std::int64_t number, Batch& batch) {
    const auto first = number * batch_size_;
    loader_.load(first, batch_size_, batch.windows);
    // Curricula run through the batches as they would through a training.
    const double progress = static_cast<double>(number) / static_cast<double>(count_);
    mask_windows(objectives_, {seed_, static_cast<std::uint64_t>(first), progress}, batch);
}

void MaskedBatches::make_all() {
    for (auto number = first_; number < last_; ++number) {
        free_.acquire();
        if (stop_) return;
        try {
            make(number, batches_[place_of(number)]);
        } catch (...) {
            failures_[place_of(number)] = std::current_exception();
        }
        ready_.release();
    }
}

const Batch& MaskedBatches::next() {
    MAST_ASSERT(next_ < last_);
    const auto number = next_++;
    if (!maker_.joinable()) {
        make(number, batches_.front());
        return batches_.front();
    }
    if (number > first_) free_.release();  // the batch of the call before
    ready_.acquire();
    if (const auto& failure = failures_[place_of(number)]) std::rethrow_exception(failure);
    return batches_[place_of(number)];
}

}  // namespace mast::mask
