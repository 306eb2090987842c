// Which rows of a micro-batch each layer computes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mask/batch.h"
#include "model/row_set.h"

namespace mast::model {

/// The rows of padding are never computed.
class LayerRows {
  public:
    /// Takes all the memory that batches of up to `samples` windows of n tokens need, in up to
    /// `rows` rows of a layer at once.
    LayerRows(std::int64_t samples, std::int64_t tokens, std::int64_t rows);

    /// Takes samples from `first` on, as many as have at most `limit` rows in each layer, and n or
    /// more. Returns how many.
    std::int64_t fill(const mask::Batch& batch, const mask::MaskedView& view, std::int64_t first,
                      std::int64_t limit);

    /// Rows of every layer.
    const RowSet& rows() const { return rows_; }
    /// Row of its input for each row of a layer's output.
    std::span<const std::int64_t> own() const { return own_; }

  private:
    void add_sample(const mask::Batch& batch, const mask::MaskedView& view, std::int64_t sample);

    RowSet rows_;
    std::vector<std::int64_t> own_;
    std::vector<std::uint8_t> marked_;  // (n)
};

}  // namespace mast::model
