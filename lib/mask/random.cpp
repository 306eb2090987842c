// Random masked prediction: a fraction of the tokens is hidden, anew in each sample.
#include <fmt/format.h>

#include <cmath>
#include <utility>
#include <vector>

#include "mask/attention.h"
#include "mask/families.h"

namespace mast::mask {

namespace {

/// Hides a fraction drawn uniformly from low .. high of the valid tokens that may be hidden.
struct HideFraction {
    double low;
    double high;
    std::vector<std::uint8_t> eligible;  ///< (n)

    void operator()(Random& draws, std::span<const std::uint8_t> valid,
                    std::span<std::uint8_t> hidden) const {
        std::int64_t left = 0;
        for (std::size_t i = 0; i < eligible.size(); ++i)
            left += eligible[i] != 0 && valid[i] != 0 ? 1 : 0;
        const double ratio = low < high ? low + draws.uniform() * (high - low) : low;
        const double wanted = ratio * static_cast<double>(left);
        // Rounded up as often as the fraction says, so that its mean is exact for short windows.
        auto needed = static_cast<std::int64_t>(std::floor(wanted));
        if (draws.uniform() < wanted - std::floor(wanted)) ++needed;
        // Selection sampling (Knuth, TAOCP 3.4.2, algorithm S): every subset is equally likely, in
        // one pass and without a table.
        for (std::size_t i = 0; needed > 0 && i < eligible.size(); ++i) {
            if (eligible[i] == 0 || valid[i] == 0) continue;
            if (draws.below(left) < needed) {
                hidden[i] = 1;
                --needed;
            }
            --left;
        }
    }
};

/// Which kinds of token may be hidden; all of obs and act where `of` is not given.
std::vector<Modality> kinds_to_hide(Spec& spec, const Layout& layout) {
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

}  // namespace

void build_random(Spec& spec, Objective& objective) {
    const std::int64_t n = objective.tokens();
    const auto [low, high] = spec.range("ratio", {0.15, 0.6}, 0, 1);
    const auto kinds = kinds_to_hide(spec, objective.layout);
    HideFraction rule{low, high, std::vector<std::uint8_t>(static_cast<std::size_t>(n), 0)};
    bool all = true;
    for (std::int64_t i = 0; i < n; ++i) {
        const auto token = static_cast<std::size_t>(i);
        for (const auto kind : kinds) {
            if (objective.layout.modality_of(i) == kind) rule.eligible[token] = 1;
        }
        if (rule.eligible[token] != 0) objective.readout[token] = i;
        all = all && rule.eligible[token] != 0;
    }
    if (high <= 0) {
        spec.refuse("ratio",
                    "more than 0: nothing would be hidden, so there is nothing to predict");
    }
    if (all && low >= 1) {
        spec.refuse("ratio",
                    "less than 1: everything would be hidden, with nothing left to predict it from "
                    "(lower it, or hide fewer kinds with of=)");
    }
    objective.role = "infill";
    objective.attend = full_attention(n);
    objective.target = Target::when_hidden;
    objective.hide = std::move(rule);
    objective.hidden_asked = (low + high) / 2;
}

}  // namespace mast::mask
