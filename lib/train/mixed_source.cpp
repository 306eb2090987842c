#include "train/mixed_source.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/assert.h"
#include "base/random.h"

namespace mast::train {

namespace {

/// Whole parts of the period that add up to it, each at least 1.
std::vector<std::int64_t> round_shares(const std::vector<double>& shares, std::int64_t period) {
    const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
    std::vector<std::int64_t> counts;
    for (const double share : shares) {
        const auto exact = share / sum * static_cast<double>(period);
        counts.push_back(std::max<std::int64_t>(1, std::llround(exact)));
    }
    // What rounding left over or took too much is the largest one's.
    const auto total = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
    *std::max_element(counts.begin(), counts.end()) += period - total;
    return counts;
}

}  // namespace

DomainOrder::DomainOrder(const std::vector<double>& shares, std::uint64_t seed)
    : first_{0}, seed_(seed) {
    MAST_ASSERT(!shares.empty() && static_cast<std::int64_t>(shares.size()) <= kPeriod);
    MAST_ASSERT(std::all_of(shares.begin(), shares.end(), [](double s) { return s > 0; }));
    for (const auto count : round_shares(shares, kPeriod))
        first_.push_back(first_.back() + count);
}

DomainOrder::Place DomainOrder::at(std::int64_t batch) const {
    const auto period = batch / kPeriod;
    const Permutation order(kPeriod, seed_, "domain order", static_cast<std::uint64_t>(period));
    const auto slot = order(batch % kPeriod);
    const auto after = std::upper_bound(first_.begin(), first_.end(), slot);
    const auto domain = static_cast<std::size_t>(after - first_.begin() - 1);
    return {domain, period * count(domain) + slot - first_[domain]};
}

double DomainOrder::share(std::size_t domain) const {
    return static_cast<double>(count(domain)) / static_cast<double>(kPeriod);
}

MixedSource::MixedSource(std::vector<std::unique_ptr<BatchSource>> parts, const DomainOrder& order)
    : parts_(std::move(parts)), order_(order) {
    MAST_ASSERT(!parts_.empty());
}

void MixedSource::load_part(std::int64_t number, std::int64_t first, std::int64_t count,
                            mask::Batch& out) {
    const auto place = order_.at(number);
    parts_[place.domain]->load_part(place.number, first, count, out);
    out.domain = place.domain;
}

}  // namespace mast::train
