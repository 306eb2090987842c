// A dataset that is written row after row and carries the hash of its bytes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/assert.h"
#include "base/hash.h"
#include "store/h5.h"

namespace mast::store {

/// The attribute with XXH3 of the raw bytes in row order.
inline constexpr const char* kHash = "xxh3";

/// Rows are gathered until there is half a megabyte of them: the system writes large pieces faster
/// than small ones, as long as they stay in the cache.
template <h5::Element T>
class HashedDataset {
  public:
    HashedDataset(h5::Group& group, const std::string& name, const Shape& shape)
        : dataset_(group.create_dataset<T>(name, shape)) {}

    /// Whole rows.
    void append(std::span<const T> values) {
        std::copy(values.begin(), values.end(), extend(values.size()).begin());
    }
    /// Room for the values of whole rows, to be filled before the next call.
    std::span<T> extend(std::size_t count) {
        if (filled_ * sizeof(T) >= kBytes) write();
        if (gathered_.size() < filled_ + count) gathered_.resize(filled_ + count);
        filled_ += count;
        return std::span(gathered_).subspan(filled_ - count, count);
    }
    /// Throws IoError. Every row must have been written.
    void close() {
        write();
        MAST_ASSERT(written_ == dataset_.rows());
        dataset_.set_attribute(kHash, hash_text(hasher_.value()));
        dataset_.close();
    }
    h5::Dataset& dataset() { return dataset_; }
    /// In the file, once every row is written.
    std::int64_t bytes() const {
        return dataset_.rows() * dataset_.row_size() * static_cast<std::int64_t>(sizeof(T));
    }

  private:
    static constexpr std::size_t kBytes = std::size_t{512} << 10U;

    void write() {
        const std::int64_t row_size = dataset_.row_size();
        if (row_size == 0 || filled_ == 0) return;
        const auto rows = static_cast<std::int64_t>(filled_) / row_size;
        MAST_ASSERT(rows * row_size == static_cast<std::int64_t>(filled_));
        dataset_.write(written_, rows, gathered_.data());
        hasher_.add(gathered_.data(), filled_ * sizeof(T));
        written_ += rows;
        filled_ = 0;
    }

    h5::Dataset dataset_;
    Hasher hasher_;
    std::vector<T> gathered_;
    std::size_t filled_ = 0;  ///< of gathered_, not yet written
    std::int64_t written_ = 0;
};

/// A dataset that is there at once.
template <h5::Element T>
void write_whole(h5::Group& group, const std::string& name, const Shape& shape,
                 std::span<const T> values) {
    HashedDataset<T> dataset(group, name, shape);
    dataset.append(values);
    dataset.close();
}

}  // namespace mast::store
