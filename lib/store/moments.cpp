#include "store/moments.h"

#include <algorithm>
#include <cmath>

namespace mast::store {

Moments::Moments(std::int64_t columns) {
    const auto size = static_cast<std::size_t>(columns);
    for (auto* values : {&mean_, &square_, &min_, &max_, &block_mean_, &block_square_}) {
        values->assign(size, 0.0);
    }
}

void Moments::add(const float* rows, std::int64_t count) {
    if (count == 0) return;
    const auto columns = mean_.size();
    std::fill(block_mean_.begin(), block_mean_.end(), 0.0);
    std::fill(block_square_.begin(), block_square_.end(), 0.0);
    if (count_ == 0) {
        for (std::size_t c = 0; c < columns; ++c)
            min_[c] = max_[c] = static_cast<double>(rows[c]);
    }
    const auto end = rows + count * static_cast<std::int64_t>(columns);
    for (const float* row = rows; row != end; row += columns) {
        for (std::size_t c = 0; c < columns; ++c) {
            const auto value = static_cast<double>(row[c]);
            block_mean_[c] += value;
            min_[c] = std::min(min_[c], value);
            max_[c] = std::max(max_[c], value);
        }
    }
    for (auto& mean : block_mean_)
        mean /= static_cast<double>(count);
    for (const float* row = rows; row != end; row += columns) {
        for (std::size_t c = 0; c < columns; ++c) {
            const double off = static_cast<double>(row[c]) - block_mean_[c];
            block_square_[c] += off * off;
        }
    }
    const auto before = static_cast<double>(count_);
    const auto added = static_cast<double>(count);
    const double total = before + added;
    for (std::size_t c = 0; c < columns; ++c) {
        const double apart = block_mean_[c] - mean_[c];
        mean_[c] += apart * added / total;
        square_[c] += block_square_[c] + apart * apart * before * added / total;
    }
    count_ += count;
}

std::vector<double> Moments::std() const {
    auto result = square_;
    for (auto& value : result) {
        value = count_ == 0 ? 0.0 : std::sqrt(value / static_cast<double>(count_));
    }
    return result;
}

}  // namespace mast::store
