// A dataset that is written row after row and carries the hash of its bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/assert.h"
#include "base/hash.h"
#include "store/h5.h"

namespace mast::mask {

/// The attribute with XXH3 of the raw bytes in row order.
inline constexpr const char* kHash = "xxh3";

/// Rows are gathered until there is a megabyte of them: the system writes a few large pieces faster
/// than many small ones.
template <store::h5::Element T>
class HashedDataset {
  public:
    HashedDataset(store::h5::Group& group, const std::string& name, const Shape& shape)
        : dataset_(group.create_dataset<T>(name, shape)) {}

    /// Whole rows.
    void append(std::span<const T> values) {
        gathered_.insert(gathered_.end(), values.begin(), values.end());
        if (gathered_.size() * sizeof(T) >= kBytes) write();
    }
    /// Throws IoError. Every row must have been written.
    void close() {
        write();
        MAST_ASSERT(written_ == dataset_.rows());
        dataset_.set_attribute(kHash, hash_text(hasher_.value()));
        dataset_.close();
    }
    store::h5::Dataset& dataset() { return dataset_; }

  private:
    static constexpr std::size_t kBytes = std::size_t{1} << 20U;

    void write() {
        const std::int64_t row_size = dataset_.row_size();
        if (row_size == 0 || gathered_.empty()) return;
        const auto rows = static_cast<std::int64_t>(gathered_.size()) / row_size;
        MAST_ASSERT(rows * row_size == static_cast<std::int64_t>(gathered_.size()));
        dataset_.write(written_, rows, gathered_.data());
        hasher_.add(gathered_.data(), gathered_.size() * sizeof(T));
        written_ += rows;
        gathered_.clear();
    }

    store::h5::Dataset dataset_;
    Hasher hasher_;
    std::vector<T> gathered_;  ///< not yet written
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
