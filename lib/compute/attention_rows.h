// Which rows attention works on: some of the tokens of each sample.
#pragma once

#include <cstdint>
#include <span>

namespace mast::compute {

/// Keys and queries, one sample after another; within a sample tokens rise. Queries are among the
/// keys.
struct AttentionRows {
    std::span<const std::int32_t> token;        ///< (K) of each row of qkv
    std::span<const std::int64_t> first_key;    ///< (B + 1) where the rows of qkv of a sample begin
    std::span<const std::int64_t> query;        ///< (Q) row of qkv that each row of out stands for
    std::span<const std::int64_t> first_query;  ///< (B + 1) where the rows of out of a sample begin
};

}  // namespace mast::compute
