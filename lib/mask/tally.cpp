#include "mask/tally.h"

#include <algorithm>
#include <numeric>

namespace mast::mask {

namespace {

double fraction(std::int64_t part, std::int64_t whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
}

}  // namespace

void Tally::add(const Batch& batch, const MaskedView& view) {
    const auto& objective = *view.objective;
    const std::int64_t n = objective.tokens();
    const std::int64_t per_step = objective.layout.per_step();
    for (std::size_t m = 0; m < hides.size(); ++m)
        hides[m] = objective.hidden_asked[m] > 0;
    for (std::int64_t b = 0; b < batch.windows.batch; ++b) {
        std::int64_t visible = 0;
        std::int64_t targets_here = 0;
        for (std::int64_t i = 0; i < n; ++i) {
            const auto row = static_cast<std::size_t>(b * batch.windows.steps + i / per_step);
            if (batch.windows.valid[row] == 0) continue;
            const auto token = static_cast<std::size_t>(b * n + i);
            const auto kind = store::index_of(objective.layout.modality_of(i));
            ++valid[kind];
            const int hides_it = view.hidden[token] != kVisible ? 1 : 0;
            hidden[kind] += hides_it;
            predicted[kind] += view.predict[token];
            visible += 1 - hides_it;
            targets_here += view.predict[token];
        }
        ++samples;
        nothing_visible += visible == 0 ? 1 : 0;
        nothing_predicted += targets_here == 0 ? 1 : 0;
    }
}

std::array<std::int64_t, Tally::kCounts> Tally::counts() const {
    std::array<std::int64_t, kCounts> all{};
    auto* at = all.data();
    for (const auto* kind : {&valid, &hidden, &predicted})
        at = std::copy(kind->begin(), kind->end(), at);
    for (const auto number : {samples, nothing_visible, nothing_predicted})
        *at++ = number;
    return all;
}

void Tally::add(std::span<const std::int64_t, kCounts> counts) {
    const auto* from = counts.data();
    for (auto* kind : {&valid, &hidden, &predicted}) {
        for (auto& number : *kind)
            number += *from++;
    }
    for (auto* number : {&samples, &nothing_visible, &nothing_predicted})
        *number += *from++;
}

double Tally::hidden_fraction() const {
    std::int64_t part = 0;
    std::int64_t whole = 0;
    for (std::size_t m = 0; m < hides.size(); ++m) {
        if (!hides[m]) continue;
        part += hidden[m];
        whole += valid[m];
    }
    return fraction(part, whole);
}

std::int64_t Tally::targets() const {
    return std::accumulate(predicted.begin(), predicted.end(), std::int64_t{0});
}

double Tally::predicted_fraction() const {
    return fraction(targets(), std::accumulate(valid.begin(), valid.end(), std::int64_t{0}));
}

}  // namespace mast::mask
