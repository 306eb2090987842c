// Some tokens of each sample of a micro-batch: the rows of a layer's activations.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compute/token_rows.h"

namespace mast::model {

/// One sample after another, the tokens of each in their order.
class RowSet {
  public:
    std::int64_t rows() const { return static_cast<std::int64_t>(token_.size()); }
    std::int64_t samples() const { return static_cast<std::int64_t>(first_.size()) - 1; }
    /// (R) token of each row.
    std::span<const std::int32_t> token() const { return token_; }
    /// (B + 1) row at which each sample begins.
    std::span<const std::int64_t> first() const { return first_; }
    /// (R_b) tokens of a sample.
    std::span<const std::int32_t> tokens_of(std::int64_t sample) const;
    compute::TokenRows view() const { return {token_, first_}; }
    bool operator==(const RowSet&) const = default;

    /// Sets memory aside for that many.
    void reserve(std::int64_t samples, std::int64_t rows);
    void clear();
    /// One sample more, of the tokens that are marked; (n).
    void add_sample(std::span<const std::uint8_t> marked);
    void drop_last_sample();

  private:
    std::vector<std::int32_t> token_;
    std::vector<std::int64_t> first_{0};
};

/// Row of `all` for each row of `some`, which are among them.
void find_rows(const RowSet& some, const RowSet& all, std::vector<std::int64_t>& rows);

}  // namespace mast::model
