// Working memory that a thread keeps from call to call, so that the steady state allocates nothing.
#pragma once

#include <cstdint>

#include "compute/allocation.h"

namespace mast::compute {

/// Grows to the largest size asked for and stays there. Meant to be thread_local.
class Scratch {
  public:
    /// count values on a 64-byte boundary. Their content is what the last user left, and they are
    /// valid until the next call of get().
    float* get(std::int64_t count) {
        if (count > capacity_) {
            data_.reset();  // first give back, then take: the old content is not needed
            capacity_ = 0;
            data_ = allocate_floats(count);
            capacity_ = count;
        }
        return data_.get();
    }

  private:
    OwnedFloats data_;
    std::int64_t capacity_ = 0;
};

}  // namespace mast::compute
