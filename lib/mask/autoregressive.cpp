// Random autoregressive masking: some tokens at random, and all from a drawn place on.
#include <algorithm>
#include <array>
#include <vector>

#include "mask/attention.h"
#include "mask/families.h"
#include "mask/selection.h"

namespace mast::mask {

namespace {

/// How often the drawn place is a token of each kind (Wu et al. 2023, their code: states 0.2,
/// returns 0.1, actions 0.7). Rewards, which they leave out, count as returns.
double share_of(Modality kind) {
    if (kind == Modality::act) return 0.7;
    return kind == Modality::obs ? 0.2 : 0.1;
}

struct HideFromPlace {
    Layout layout;
    std::vector<double> ends;  ///< running sums of the shares, in the order of the layout
    double low;                ///< fraction hidden before the place, for each kind on its own
    double high;

    void operator()(Draw& draw, std::span<const std::uint8_t> valid,
                    std::span<std::uint8_t> hidden) const {
        const auto per_step = layout.per_step();
        const auto tokens = std::count(valid.begin(), valid.end(), 1);
        std::array<double, store::kModalities.size()> ratio{};
        for (const auto kind : layout.modalities())
            ratio[store::index_of(kind)] = low + draw.random.uniform() * (high - low);
        const auto place = std::max<std::int64_t>(1, draw_place(draw.random, tokens / per_step));
        bool anything_visible = false;
        for (std::int64_t i = 0; i < tokens; ++i) {
            const auto kind = store::index_of(layout.modality_of(i));
            const bool hide = i >= place || draw.random.uniform() < ratio[kind];
            if (hide) hidden[static_cast<std::size_t>(i)] = kMasked;
            anything_visible = anything_visible || !hide;
        }
        if (!anything_visible) hidden[0] = kVisible;
    }

    /// A token: its step is uniform, its kind has the shares.
    std::int64_t draw_place(Random& random, std::int64_t steps) const {
        const auto step = random.below(steps);
        const double u = random.uniform() * ends.back();
        const auto slot = std::upper_bound(ends.begin(), ends.end() - 1, u) - ends.begin();
        return step * layout.per_step() + slot;
    }
};

/// Of a window without padding. A token is hidden if it stands at or behind the place, or else with
/// the mean ratio; the first token, which may be shown after all, is left out of this.
void ask(const HideFromPlace& rule, Objective& objective) {
    const auto kinds = static_cast<std::size_t>(objective.layout.per_step());
    const auto steps = static_cast<double>(objective.steps);
    const double mean = (rule.low + rule.high) / 2;
    for (std::size_t kind = 0; kind < kinds; ++kind) {
        // P(place's kind stands at or before this one): the place's own step is hidden as well.
        const double same_step = rule.ends[kind] / rule.ends.back();
        const double behind = ((steps - 1) / 2 + same_step) / steps;
        objective.hidden_asked[store::index_of(objective.layout.modalities()[kind])] =
            behind + (1 - behind) * mean;
    }
}

}  // namespace

void build_autoregressive(Spec& spec, Objective& objective) {
    HideFromPlace rule{objective.layout, {}, 0, 0};
    std::tie(rule.low, rule.high) = spec.range("ratio", {0.0, 0.5}, 0, 1);
    double end = 0;
    for (const auto kind : objective.layout.modalities())
        rule.ends.push_back(end += share_of(kind));
    objective.role = "infill";
    objective.attend = full_attention(objective.tokens());
    objective.target = Target::when_hidden;
    for (std::int64_t i = 0; i < objective.tokens(); ++i)
        objective.readout[static_cast<std::size_t>(i)] = i;
    ask(rule, objective);
    objective.hide = std::move(rule);
}

}  // namespace mast::mask
