#include "mask/masked_batches.h"

#include "base/assert.h"

namespace mast::mask {

MaskedBatches::MaskedBatches(window::Loader& loader, const std::vector<Objective>& objectives,
                             std::int64_t batch_size, std::int64_t count, std::uint64_t seed,
                             bool ahead)
    : loader_(loader),
      objectives_(objectives),
      batch_size_(batch_size),
      count_(count),
      seed_(seed),
      ahead_(ahead && loader.is_in_memory()) {}

void MaskedBatches::make(std::int64_t number) {
    auto& batch = place(number);
    const auto first = number * batch_size_;
    loader_.load(first, batch_size_, batch.windows);
    // Curricula run through the batches as they would through a training.
    const double progress = static_cast<double>(number) / static_cast<double>(count_);
    mask_windows(objectives_, {seed_, static_cast<std::uint64_t>(first), progress}, batch);
}

const Batch& MaskedBatches::next() {
    MAST_ASSERT(next_ < count_);
    const auto number = next_++;
    if (under_way_.valid()) {
        under_way_.get();
    } else {
        make(number);
    }
    if (ahead_ && next_ < count_)
        under_way_ = std::async(std::launch::async, [this, number] { make(number + 1); });
    return place(number);
}

}  // namespace mast::mask
