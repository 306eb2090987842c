// Which rows of a micro-batch each layer computes: those that some prediction depends on.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mask/batch.h"
#include "model/config.h"
#include "model/row_set.h"

namespace mast::model {

/// Worked out from the end: the last layer gives the rows that are read, and each layer takes those
/// that it gives and what they may look at. Rows of padding are never among them, nor are those of
/// hidden tokens before they join.
class LayerRows {
  public:
    /// Takes all the memory that batches of up to `samples` windows of n tokens need, in up to
    /// `rows` rows of a layer at once.
    LayerRows(const ModelConfig& config, std::int64_t samples, std::int64_t tokens,
              std::int64_t rows);

    /// Takes samples first .. end - 1, or as many of them as have at most `limit` rows in each
    /// layer and at most as many targets; limit is n or more. Returns how many.
    std::int64_t fill(const mask::Batch& batch, const mask::MaskedView& view, std::int64_t first,
                      std::int64_t end, std::int64_t limit);

    /// Rows that a layer is given.
    const RowSet& input(std::size_t layer) const { return inputs_[layer]; }
    /// Rows that it computes from them: those of its input at query(layer).
    const RowSet& output(std::size_t layer) const {
        if (layer + 1 == encoder_layers_) return encoded_;
        return layer + 1 < inputs_.size() ? inputs_[layer + 1] : read_;
    }
    std::span<const std::int64_t> query(std::size_t layer) const { return query_[layer]; }

    /// Layer that hidden tokens join before, whose input is made of two sets: the output of the
    /// layer before it, and what joins. 0: none.
    std::size_t encoder_layers() const { return encoder_layers_; }
    const RowSet& joining() const { return joining_; }
    /// Rows of that layer's input where those of either set stand.
    std::span<const std::int64_t> encoded_place() const { return encoded_place_; }
    std::span<const std::int64_t> joining_place() const { return joining_place_; }

    /// Whether two layers have the same rows.
    bool alike(std::size_t a, std::size_t b) const {
        return input(a) == input(b) && output(a) == output(b);
    }

  private:
    std::int64_t mark_read(const mask::Batch& batch, const mask::MaskedView& view,
                           std::int64_t sample);
    void mark_seen(std::span<const std::uint8_t> attend);
    void leave_shown(const mask::MaskedView& view, std::int64_t sample);
    std::int64_t add_sample(const mask::Batch& batch, const mask::MaskedView& view,
                            std::int64_t sample);
    void drop_last_sample();
    bool fits(std::int64_t limit) const;

    std::size_t encoder_layers_;
    std::vector<RowSet> inputs_;  // by layer
    RowSet read_;
    RowSet encoded_;
    RowSet joining_;
    std::vector<std::vector<std::int64_t>> query_;  // by layer
    std::vector<std::int64_t> encoded_place_;
    std::vector<std::int64_t> joining_place_;

    // Of the sample that is being added, (n):
    std::vector<std::uint8_t> may_;     // tokens that may have rows
    std::vector<std::uint8_t> marked_;  // tokens that do
    std::vector<std::uint8_t> hidden_;  // those that join here
    std::vector<std::int32_t> fresh_;   // those that were marked last
    std::vector<std::int32_t> next_;
    std::int64_t left_ = 0;  // tokens that may have rows and do not
};

}  // namespace mast::model
