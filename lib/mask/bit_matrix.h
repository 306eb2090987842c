// A table of yes and no, 64 to a word, for questions of who knows what.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mast::mask {

/// rows x cols bits, all 0 at first.
class BitMatrix {
  public:
    BitMatrix(std::int64_t rows, std::int64_t cols)
        : words_((cols + 63) / 64), bits_(static_cast<std::size_t>(rows * words_), 0) {}

    void set(std::int64_t row, std::int64_t col) { word(row, col) |= bit(col); }
    void clear(std::int64_t row, std::int64_t col) { word(row, col) &= ~bit(col); }
    bool test(std::int64_t row, std::int64_t col) const {
        return (bits_[static_cast<std::size_t>(row * words_ + col / 64)] & bit(col)) != 0;
    }
    std::span<std::uint64_t> row(std::int64_t r) {
        return {bits_.data() + r * words_, static_cast<std::size_t>(words_)};
    }
    std::span<const std::uint64_t> row(std::int64_t r) const {
        return {bits_.data() + r * words_, static_cast<std::size_t>(words_)};
    }

  private:
    static std::uint64_t bit(std::int64_t col) {
        return std::uint64_t{1} << static_cast<unsigned>(col % 64);
    }
    std::uint64_t& word(std::int64_t row, std::int64_t col) {
        return bits_[static_cast<std::size_t>(row * words_ + col / 64)];
    }

    std::int64_t words_;
    std::vector<std::uint64_t> bits_;
};

/// Whether two rows share a 1.
inline bool intersect(std::span<const std::uint64_t> a, std::span<const std::uint64_t> b) {
    for (std::size_t w = 0; w < a.size(); ++w) {
        if ((a[w] & b[w]) != 0) return true;
    }
    return false;
}

/// into |= from.
inline void unite(std::span<std::uint64_t> into, std::span<const std::uint64_t> from) {
    for (std::size_t w = 0; w < into.size(); ++w) {
        into[w] |= from[w];
    }
}

}  // namespace mast::mask
