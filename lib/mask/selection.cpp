#include "mask/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "mask/attention.h"

namespace mast::mask {

namespace {

std::int64_t count_valid(const std::vector<std::uint8_t>& eligible,
                         std::span<const std::uint8_t> valid) {
    std::int64_t count = 0;
    for (std::size_t i = 0; i < eligible.size(); ++i)
        count += eligible[i] != 0 && valid[i] != 0 ? 1 : 0;
    return count;
}

/// Each subset of that many eligible tokens is equally likely.
void hide_tokens(const Selection& s, double ratio, Random& random,
                 std::span<const std::uint8_t> valid, std::span<std::uint8_t> hidden) {
    std::int64_t left = count_valid(s.eligible, valid);
    auto needed = round_at_random(ratio * static_cast<double>(left), random);
    for (std::size_t i = 0; needed > 0 && i < s.eligible.size(); ++i) {
        if (s.eligible[i] == 0 || valid[i] == 0) continue;
        if (random.below(left) < needed) {
            hidden[i] = kMasked;
            --needed;
        }
        --left;
    }
}

/// Spans lie anywhere, also side by side: spans and free steps in any order, each order equally
/// likely. One of them, at random, is shorter where the steps do not fill the last.
void hide_spans(const Selection& s, double ratio, Random& random,
                std::span<const std::uint8_t> valid, std::span<std::uint8_t> hidden) {
    const auto steps = std::count(valid.begin(), valid.end(), 1) / s.per_step;
    const auto length = s.shortest + random.below(s.longest - s.shortest + 1);
    const auto needed = round_at_random(ratio * static_cast<double>(steps), random);
    if (needed == 0) return;
    const auto spans = (needed + length - 1) / length;
    const auto cut = random.below(spans);
    const auto shorter = needed - (spans - 1) * length;
    std::int64_t placed = 0;  // spans so far
    std::int64_t taken = 0;   // steps inside them
    choose(spans, steps - needed + spans, random, [&](std::int64_t place) {
        const auto first = place - placed + taken;
        const auto size = placed == cut ? shorter : length;
        for (auto i = first * s.per_step; i < (first + size) * s.per_step; ++i) {
            if (s.eligible[static_cast<std::size_t>(i)] != 0)
                hidden[static_cast<std::size_t>(i)] = kMasked;
        }
        ++placed;
        taken += size;
    });
}

/// Some of the hidden tokens are shown after all, or another in their place.
void corrupt(const Selection& s, Random& random, std::span<std::uint8_t> hidden) {
    for (auto& token : hidden) {
        if (token == kVisible) continue;
        const double u = random.uniform();
        if (u >= s.masked) token = u < s.masked + s.replaced ? kReplaced : kKept;
    }
}

void refuse_extremes(const Spec& spec, const Selection& selection) {
    if (selection.high <= 0) {
        spec.refuse("ratio",
                    "more than 0: nothing would be hidden, so there is nothing to predict");
    }
    const bool all = std::all_of(selection.eligible.begin(), selection.eligible.end(),
                                 [](auto token) { return token != 0; });
    if (all && selection.low >= 1) {
        spec.refuse("ratio",
                    "less than 1: everything would be hidden, with nothing left to predict it from "
                    "(lower it, or hide fewer kinds with of=)");
    }
}

}  // namespace

std::int64_t round_at_random(double number, Random& random) {
    const double whole = std::floor(number);
    return static_cast<std::int64_t>(whole) + (random.uniform() < number - whole ? 1 : 0);
}

void Selection::operator()(Draw& draw, std::span<const std::uint8_t> valid,
                           std::span<std::uint8_t> hidden) const {
    const double top = grows ? low + (high - low) * draw.progress : high;
    const double ratio = low < top ? low + draw.random.uniform() * (top - low) : low;
    if (longest > 0) {
        hide_spans(*this, ratio, draw.random, valid, hidden);
    } else {
        hide_tokens(*this, ratio, draw.random, valid, hidden);
    }
    if (masked < 1) corrupt(*this, draw.random, hidden);
}

void read_spans(Spec& spec, std::int64_t steps, std::pair<double, double> otherwise,
                Selection& selection) {
    const auto [shortest, longest] = spec.range("length", otherwise, 1, static_cast<double>(steps));
    selection.shortest = static_cast<std::int64_t>(shortest);
    selection.longest = static_cast<std::int64_t>(longest);
    if (static_cast<double>(selection.shortest) != shortest ||
        static_cast<double>(selection.longest) != longest) {
        spec.refuse("length", "whole steps, or a range of them such as 2..5");
    }
}

void read_ratio(Spec& spec, std::pair<double, double> otherwise, Selection& selection) {
    std::tie(selection.low, selection.high) = spec.range("ratio", otherwise, 0, 1);
    selection.grows = spec.flag("grow", false);
    if (selection.grows && selection.low == selection.high) {
        spec.refuse("grow",
                    "false, or a range to grow in such as ratio=0.15..0.6: one number stays");
    }
}

void read_shares(Spec& spec, double mask, double replace, Selection& selection) {
    selection.masked = spec.number("mask", mask, 0, 1);
    selection.replaced = spec.number("replace", replace, 0, 1);
    const double changed = selection.masked + selection.replaced;
    if (changed > 1) spec.refuse("replace", "no more than 1 together with mask: the rest is kept");
    if (changed == 0) {
        spec.refuse("mask", "more than 0 together with replace: else every target shows itself");
    }
}

std::vector<Modality> kinds_of(Spec& spec, const Layout& layout) {
    if (!spec.has("of")) return {Modality::obs, Modality::act};
    std::vector<Modality> kinds;
    for (const auto& word : spec.list("of")) {
        const auto modality = store::modality_from(word);
        if (!modality || !layout.has(*modality)) {
            spec.refuse("of",
                        fmt::format("kinds of token of the layout {}, joined by +", layout.text()));
        }
        kinds.push_back(*modality);
    }
    return kinds;
}

Selection select_tokens(Spec& spec, Objective& objective, std::pair<double, double> ratio) {
    const std::int64_t n = objective.tokens();
    Selection selection;
    selection.eligible.assign(static_cast<std::size_t>(n), 0);
    selection.per_step = objective.layout.per_step();
    read_ratio(spec, ratio, selection);
    const auto kinds = kinds_of(spec, objective.layout);
    for (std::int64_t i = 0; i < n; ++i) {
        const auto kind = objective.layout.modality_of(i);
        if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) continue;
        selection.eligible[static_cast<std::size_t>(i)] = 1;
        objective.readout[static_cast<std::size_t>(i)] = i;
        objective.hidden_asked[store::index_of(kind)] = selection.mean();
    }
    refuse_extremes(spec, selection);
    objective.role = "infill";
    objective.attend = full_attention(n);
    objective.target = Target::when_hidden;
    return selection;
}

}  // namespace mast::mask
