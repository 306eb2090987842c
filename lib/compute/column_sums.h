// Sums over rows that are gathered per piece of rows and then added in the order of the pieces.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "compute/parallel.h"
#include "compute/scratch.h"

namespace mast::compute {

/// Rows of one piece: a function of the number of rows only, at most 64 pieces, never tiny ones.
inline std::int64_t rows_of_piece(std::int64_t rows) {
    constexpr std::int64_t kMaxPieces = 64;
    constexpr std::int64_t kMinRows = 16;
    return std::max(kMinRows, piece_count(rows, kMaxPieces));
}

/// One row of `width` partial sums for each piece; zero each before use.
class PartialSums {
  public:
    PartialSums(Scratch& scratch, std::int64_t rows, std::int64_t width)
        : grain_(rows_of_piece(rows)),
          pieces_(piece_count(rows, grain_)),
          width_(width),
          data_(scratch.get(pieces_ * width)) {}

    std::int64_t grain() const { return grain_; }
    /// The sums of the piece that starts at row `first`.
    float* piece(std::int64_t first) const { return data_ + first / grain_ * width_; }

    /// out[c] += sums of column offset + c, over all pieces in order.
    void add_to(std::span<float> out, std::int64_t offset) const {
        const auto cols = static_cast<std::int64_t>(out.size());
        constexpr std::int64_t kCols = 256;
        parallel_for(cols, kCols, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t p = 0; p < pieces_; ++p) {
                const float* part = data_ + p * width_ + offset;
                for (std::int64_t c = first; c < last; ++c) {
                    out[static_cast<std::size_t>(c)] += part[c];
                }
            }
        });
    }

  private:
    std::int64_t grain_;
    std::int64_t pieces_;
    std::int64_t width_;
    float* data_;
};

}  // namespace mast::compute
