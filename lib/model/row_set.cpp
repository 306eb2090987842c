#include "model/row_set.h"

#include "base/assert.h"

namespace mast::model {

std::span<const std::int32_t> RowSet::tokens_of(std::int64_t sample) const {
    const auto b = static_cast<std::size_t>(sample);
    return std::span(token_).subspan(static_cast<std::size_t>(first_[b]),
                                     static_cast<std::size_t>(first_[b + 1] - first_[b]));
}

void RowSet::reserve(std::int64_t samples, std::int64_t rows) {
    token_.reserve(static_cast<std::size_t>(rows));
    first_.reserve(static_cast<std::size_t>(samples + 1));
}

void RowSet::clear() {
    token_.clear();
    first_.assign(1, 0);
}

void RowSet::add_sample(std::span<const std::uint8_t> marked) {
    for (std::size_t token = 0; token < marked.size(); ++token) {
        if (marked[token] != 0) token_.push_back(static_cast<std::int32_t>(token));
    }
    first_.push_back(rows());
}

void RowSet::drop_last_sample() {
    first_.pop_back();
    token_.resize(static_cast<std::size_t>(first_.back()));
}

void find_rows(const RowSet& some, const RowSet& all, std::vector<std::int64_t>& rows) {
    MAST_ASSERT(some.samples() == all.samples());
    rows.clear();
    for (std::int64_t b = 0; b < some.samples(); ++b) {
        const auto from = all.tokens_of(b);
        std::size_t i = 0;
        for (const auto token : some.tokens_of(b)) {
            while (i < from.size() && from[i] < token)
                ++i;
            MAST_ASSERT(i < from.size() && from[i] == token);
            rows.push_back(all.first()[static_cast<std::size_t>(b)] + static_cast<std::int64_t>(i));
        }
    }
}

}  // namespace mast::model
