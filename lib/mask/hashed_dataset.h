// A dataset that is written row after row and carries the hash of its bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/assert.h"
#include "base/hash.h"
#include "store/h5.h"

namespace mast::mask {

/// The attribute with XXH3 of the raw bytes in row order.
inline constexpr const char* kHash = "xxh3";

template <store::h5::Element T>
class HashedDataset {
  public:
    HashedDataset(store::h5::Group& group, const std::string& name, const Shape& shape)
        : dataset_(group.create_dataset<T>(name, shape)) {}

    /// Whole rows.
    void append(std::span<const T> values) {
        const std::int64_t row_size = dataset_.row_size();
        if (row_size == 0) return;
        const auto rows = static_cast<std::int64_t>(values.size()) / row_size;
        MAST_ASSERT(rows * row_size == static_cast<std::int64_t>(values.size()));
        dataset_.write(written_, rows, values.data());
        hasher_.add(values.data(), values.size_bytes());
        written_ += rows;
    }
    /// Throws IoError. Every row must have been written.
    void close() {
        MAST_ASSERT(written_ == dataset_.rows());
        dataset_.set_attribute(kHash, hash_text(hasher_.value()));
        dataset_.close();
    }
    store::h5::Dataset& dataset() { return dataset_; }

  private:
    store::h5::Dataset dataset_;
    Hasher hasher_;
    std::int64_t written_ = 0;
};

/// A dataset that is there at once.
template <store::h5::Element T>
void write_whole(store::h5::Group& group, const std::string& name, const Shape& shape,
                 std::span<const T> values) {
    HashedDataset<T> dataset(group, name, shape);
    dataset.append(values);
    dataset.close();
}

}  // namespace mast::mask
