#include "picture/trace.h"

#include <algorithm>
#include <cmath>

namespace mast::picture {

void Trace::add(double place, double value) {
    if (!std::isfinite(value) || !std::isfinite(place) || place < 0) return;
    last_ = place;
    while (place / width_ > 1e15)
        halve();
    const auto number = static_cast<std::int64_t>(place / width_);
    if (!bins_.empty() && bins_.back().number == number) {
        auto& bin = bins_.back();
        ++bin.count;
        bin.places += place;
        bin.values += value;
        bin.least = std::min(bin.least, value);
        bin.most = std::max(bin.most, value);
        return;
    }
    bins_.push_back({number, 1, place, value, value, value});
    while (static_cast<std::int64_t>(bins_.size()) > limit_)
        halve();
}

/// Bins twice as wide.
void Trace::halve() {
    width_ *= 2;
    std::vector<Bin> wider;
    for (auto bin : bins_) {
        bin.number /= 2;
        if (wider.empty() || wider.back().number != bin.number) {
            wider.push_back(bin);
            continue;
        }
        auto& into = wider.back();
        into.count += bin.count;
        into.places += bin.places;
        into.values += bin.values;
        into.least = std::min(into.least, bin.least);
        into.most = std::max(into.most, bin.most);
    }
    bins_ = std::move(wider);
}

std::vector<Trace::Column> Trace::columns() const {
    std::vector<Column> columns;
    columns.reserve(bins_.size());
    for (const auto& bin : bins_) {
        const auto count = static_cast<double>(bin.count);
        columns.push_back({bin.places / count, bin.least, bin.values / count, bin.most});
    }
    return columns;
}

}  // namespace mast::picture
