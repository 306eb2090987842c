// Rows of attention and dropout, written as lists of tokens.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "compute/attention_rows.h"

namespace mast::compute::oracle {

using Tokens = std::vector<std::int32_t>;

/// Owns what an AttentionRows points at.
struct RowLists {
    std::vector<std::int32_t> token;
    std::vector<std::int64_t> first_key{0};
    std::vector<std::int64_t> query;
    std::vector<std::int64_t> first_query{0};

    /// One sample more; the queries are among the keys.
    void add(const Tokens& keys, const Tokens& queries) {
        for (const auto q : queries) {
            const auto place = std::find(keys.begin(), keys.end(), q) - keys.begin();
            query.push_back(first_key.back() + place);
        }
        token.insert(token.end(), keys.begin(), keys.end());
        first_key.push_back(static_cast<std::int64_t>(token.size()));
        first_query.push_back(static_cast<std::int64_t>(query.size()));
    }
    AttentionRows view() const { return {{token, first_key}, query, first_query}; }
};

inline Tokens all_tokens(std::int64_t n) {
    Tokens tokens(static_cast<std::size_t>(n));
    std::iota(tokens.begin(), tokens.end(), 0);
    return tokens;
}

/// Every token of every sample, as key and as query.
inline RowLists full_rows(std::int64_t batch, std::int64_t n) {
    RowLists rows;
    for (std::int64_t b = 0; b < batch; ++b)
        rows.add(all_tokens(n), all_tokens(n));
    return rows;
}

/// `samples` rows, each the only one of its sample.
struct SingleRows {
    explicit SingleRows(std::int64_t samples)
        : token(static_cast<std::size_t>(samples)), first(token.size() + 1) {
        std::iota(first.begin(), first.end(), 0);
    }
    TokenRows view() const { return {token, first}; }

    std::vector<std::int32_t> token;
    std::vector<std::int64_t> first;
};

}  // namespace mast::compute::oracle
