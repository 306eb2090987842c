#include "compute/attention_plan.h"

#include <cmath>
#include <limits>

#include "base/assert.h"
#include "compute/isa.h"

namespace mast::compute {

namespace {

std::int64_t round_up(std::int64_t x, std::int64_t step) {
    return (x + step - 1) / step * step;
}

std::size_t place(std::int64_t i) {
    return static_cast<std::size_t>(i);
}

constexpr TokenRange kNothing{std::numeric_limits<std::int32_t>::max(), 0};

void include(TokenRange& range, std::int64_t row) {
    range.first = std::min(range.first, static_cast<std::int32_t>(row));
    range.last = std::max(range.last, static_cast<std::int32_t>(row + 1));
}

std::int64_t kept_by(const AttentionTile& tile, std::int64_t keys, Precision precision) {
    return precision == Precision::f32 ? keys : PaddedSizes(0, keys, tile).cols;
}

/// Throws std::logic_error unless every sample's queries are among its keys and these are tokens.
void check(const AttentionShape& s, const AttentionRows& rows, std::size_t attend) {
    MAST_ASSERT(s.batch >= 0 && s.tokens >= 1 && s.heads >= 1 && s.width >= 1);
    MAST_ASSERT(s.width % s.heads == 0);
    MAST_ASSERT(attention_precision(s.depth(), s.precision) == s.precision);
    MAST_ASSERT(static_cast<std::int64_t>(attend) == s.tokens * s.tokens);
    MAST_ASSERT(static_cast<std::int64_t>(rows.keys.first.size()) == s.batch + 1);
    MAST_ASSERT(static_cast<std::int64_t>(rows.first_query.size()) == s.batch + 1);
    MAST_ASSERT(rows.keys.first.front() == 0 && rows.first_query.front() == 0);
    MAST_ASSERT(rows.keys.first.back() == static_cast<std::int64_t>(rows.keys.token.size()));
    MAST_ASSERT(rows.first_query.back() == static_cast<std::int64_t>(rows.query.size()));
    for (std::int64_t b = 0; b < s.batch; ++b) {
        for (auto i = rows.keys.first[place(b)]; i < rows.keys.first[place(b + 1)]; ++i)
            MAST_ASSERT(rows.keys.token[place(i)] >= 0 && rows.keys.token[place(i)] < s.tokens);
        for (auto i = rows.first_query[place(b)]; i < rows.first_query[place(b + 1)]; ++i) {
            MAST_ASSERT(rows.query[place(i)] >= rows.keys.first[place(b)] &&
                        rows.query[place(i)] < rows.keys.first[place(b + 1)]);
        }
    }
}

}  // namespace

AttentionTile attention_tile_here(Precision precision) {
    return isa() == Isa::amx && precision == Precision::bf16 ? kAmxTile : kVectorTile;
}

PaddedSizes::PaddedSizes(std::int64_t queries, std::int64_t keys, const AttentionTile& tile)
    : rows(round_up(queries, tile.rows)),
      key_rows(round_up(keys, tile.rows)),
      cols(round_up(key_rows, tile.cols)) {}

std::int64_t AttentionPlan::kept_keys(std::int64_t keys, Precision precision) {
    return kept_by(attention_tile_here(precision), keys, precision);
}

std::int64_t AttentionPlan::kept_words(std::int64_t keys, Precision precision) {
    return words_of(kept_keys(keys, precision), precision);
}

std::int64_t AttentionPlan::kept(std::int64_t keys) const {
    return words_of(kept_by(tile_, keys, shape_.precision), shape_.precision);
}

void AttentionPlan::reserve(std::int64_t samples, std::int64_t rows, std::int64_t tokens) {
    first_key_.reserve(place(samples + 1));
    first_query_.reserve(place(samples + 1));
    query_.reserve(place(rows));
    token_.reserve(place(rows));
    places_.reserve(place(samples));
    const auto cols = std::max(PaddedSizes(tokens, tokens, kVectorTile).cols,
                               PaddedSizes(tokens, tokens, kAmxTile).cols);
    attend_.reserve(place(rows * cols));
    // A tile holds a row at least.
    seen_.reserve(place(rows));
    seeing_.reserve(place(rows));
}

/// Whether sample b has the tokens of the sample before it, as keys and as queries.
bool AttentionPlan::shares_tables(const AttentionRows& rows, std::int64_t b) const {
    if (b == 0) return false;
    const auto keys = [&](std::int64_t s) {
        const auto first = rows.keys.first[place(s)];
        return rows.keys.token.subspan(place(first), place(rows.keys.first[place(s + 1)] - first));
    };
    const auto queries = [&](std::int64_t s) {
        const auto first = first_query_[place(s)];
        return std::span(query_).subspan(place(first), place(first_query_[place(s + 1)] - first));
    };
    return std::ranges::equal(keys(b), keys(b - 1)) &&
           std::ranges::equal(queries(b), queries(b - 1));
}

void AttentionPlan::add_tables(const AttentionRows& rows, std::span<const std::uint8_t> attend,
                               std::int64_t b) {
    const auto first_key = first_key_[place(b)];
    const auto keys = first_key_[place(b + 1)] - first_key;
    const auto first_query = first_query_[place(b)];
    const auto queries = first_query_[place(b + 1)] - first_query;
    const PaddedSizes sizes = padded(queries, keys);
    attend_.resize(attend_.size() + place(queries * sizes.cols), 0);
    seen_.resize(seen_.size() + place(sizes.rows / tile_.rows), kNothing);
    seeing_.resize(seeing_.size() + place(sizes.key_rows / tile_.rows), kNothing);
    auto* table = attend_.data() + places_[place(b)].attend;
    auto* seen = seen_.data() + places_[place(b)].seen;
    auto* seeing = seeing_.data() + places_[place(b)].seeing;
    const auto* token = rows.keys.token.data() + first_key;
    for (std::int64_t q = 0; q < queries; ++q) {
        const auto* may = attend.data() + token[query_[place(first_query + q)]] * shape_.tokens;
        for (std::int64_t k = 0; k < keys; ++k) {
            if (may[token[k]] == 0) continue;
            table[q * sizes.cols + k] = -1;
            include(seen[q / tile_.rows], k);
            include(seeing[k / tile_.rows], q);
        }
    }
}

void AttentionPlan::make(const AttentionShape& shape, const AttentionRows& rows,
                         std::span<const std::uint8_t> attend) {
    check(shape, rows, attend.size());
    shape_ = shape;
    tile_ = attention_tile_here(shape.precision);
    wide_ = round_up(depth(), tile_.cols);
    product_words_ = round_up(depth_words(), tile_.words);
    scale_ = 1.0F / std::sqrt(static_cast<float>(depth()));
    queries_ = static_cast<std::int64_t>(rows.query.size());
    keys_ = static_cast<std::int64_t>(rows.keys.token.size());
    first_key_.assign(rows.keys.first.begin(), rows.keys.first.end());
    first_query_.assign(rows.first_query.begin(), rows.first_query.end());
    query_.assign(rows.query.begin(), rows.query.end());
    token_.assign(rows.keys.token.begin(), rows.keys.token.end());
    probabilities_ = 0;
    places_.clear();
    attend_.clear();
    seen_.clear();
    seeing_.clear();
    for (std::int64_t b = 0; b < shape.batch; ++b) {
        const auto keys = first_key_[place(b + 1)] - first_key_[place(b)];
        const auto queries = first_query_[place(b + 1)] - first_query_[place(b)];
        for (std::int64_t q = 0; q < queries; ++q)
            query_[place(first_query_[place(b)] + q)] -= first_key_[place(b)];
        if (shares_tables(rows, b)) {
            places_.push_back(places_.back());
        } else {
            places_.push_back({static_cast<std::int64_t>(attend_.size()),
                               static_cast<std::int64_t>(seen_.size()),
                               static_cast<std::int64_t>(seeing_.size()), 0});
            add_tables(rows, attend, b);
        }
        places_.back().probabilities = probabilities_;
        probabilities_ += shape.heads * queries * kept(keys);
    }
}

SamplePlan AttentionPlan::sample(std::int64_t b) const {
    const auto first_query = first_query_[place(b)];
    const auto first_key = first_key_[place(b)];
    const auto queries = first_query_[place(b + 1)] - first_query;
    const auto keys = first_key_[place(b + 1)] - first_key;
    const auto& at = places_[place(b)];
    return {queries,
            keys,
            padded(queries, keys),
            first_query,
            first_key,
            at.probabilities,
            kept(keys),
            query_.data() + first_query,
            token_.data() + first_key,
            attend_.data() + at.attend,
            seen_.data() + at.seen,
            seeing_.data() + at.seeing};
}

}  // namespace mast::compute
