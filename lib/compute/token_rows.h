// Rows of a matrix that stand for some of the tokens of each sample.
#pragma once

#include <cstdint>
#include <span>

namespace mast::compute {

/// One sample after another, the tokens of each in their order.
struct TokenRows {
    std::span<const std::int32_t> token;  ///< (R) of each row
    std::span<const std::int64_t> first;  ///< (B + 1) row at which each sample begins

    std::int64_t rows() const { return static_cast<std::int64_t>(token.size()); }
    std::int64_t samples() const { return static_cast<std::int64_t>(first.size()) - 1; }
};

}  // namespace mast::compute
