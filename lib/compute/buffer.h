// Floats on a 64-byte boundary, owned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/matrix.h"
#include "compute/allocation.h"
#include "compute/operand.h"

namespace mast::compute {

/// `size` floats, zero at first; movable, not copyable.
class Buffer {
  public:
    Buffer() = default;
    explicit Buffer(std::int64_t size) : data_(allocate_floats(size)), size_(size) { zero(); }

    void zero() { std::memset(data_.get(), 0, static_cast<std::size_t>(size_) * sizeof(float)); }
    std::int64_t size() const { return size_; }
    std::span<float> span() { return {data_.get(), static_cast<std::size_t>(size_)}; }
    std::span<const float> span() const { return {data_.get(), static_cast<std::size_t>(size_)}; }
    /// The first rows * cols floats as a matrix.
    Matrix<float> matrix(std::int64_t rows, std::int64_t cols) { return {span(), rows, cols}; }
    /// As many as rows of words need.
    Operand<float> operand(std::int64_t rows, std::int64_t cols, Precision precision) {
        return {span(), rows, cols, precision};
    }

  private:
    OwnedFloats data_;
    std::int64_t size_ = 0;
};

}  // namespace mast::compute
