// Which rows attention works on: some of the tokens of each sample.
#pragma once

#include <cstdint>
#include <span>

#include "compute/token_rows.h"

namespace mast::compute {

/// Queries are among the keys; within a sample tokens rise.
struct AttentionRows {
    TokenRows keys;                             ///< rows of qkv
    std::span<const std::int64_t> query;        ///< (Q) row of qkv that each row of out stands for
    std::span<const std::int64_t> first_query;  ///< (B + 1) where the rows of out of a sample begin
};

}  // namespace mast::compute
