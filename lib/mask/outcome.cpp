// What a step brings: its reward, and the return from there on.
#include <algorithm>

#include "base/error.h"
#include "mask/attention.h"
#include "mask/families.h"

namespace mast::mask {

namespace {

/// Hides all tokens of a kind.
struct HideKind {
    Layout layout;
    Modality kind;
    Shown as;

    void operator()(Draw& /*draw*/, std::span<const std::uint8_t> valid,
                    std::span<std::uint8_t> hidden) const {
        for (std::size_t i = 0; i < hidden.size(); ++i) {
            if (valid[i] != 0 && layout.modality_of(static_cast<std::int64_t>(i)) == kind)
                hidden[i] = as;
        }
    }
};

void expect_tokens(const Spec& spec, const Layout& layout, Modality kind, const char* example) {
    if (layout.has(kind)) return;
    fail<UsageError>(
        "objective \"{}\": predicts {}, but the layout is {}, expected {} in it (e.g. --tokens {})",
        spec.text(), store::name_of(kind), layout.text(), store::name_of(kind), example);
}

/// Every token of a kind, at the row of another of its step.
void read_at(Objective& objective, Modality kind, Modality row) {
    const auto& layout = objective.layout;
    for (std::int64_t t = 0; t < objective.steps; ++t) {
        objective.readout[static_cast<std::size_t>(layout.token(t, kind))] = layout.token(t, row);
    }
}

}  // namespace

void build_reward(Spec& spec, Objective& objective) {
    const auto& layout = objective.layout;
    expect_tokens(spec, layout, Modality::rew, "obs,act,rew");
    const auto behind = std::max(layout.slot(Modality::obs), layout.slot(Modality::act));
    if (layout.slot(Modality::rew) < behind) {
        fail<UsageError>(
            "objective \"{}\": the layout is {}, expected rew behind obs and act (a row sees what "
            "stands before it)",
            spec.text(), layout.text());
    }
    objective.role = "reward";
    objective.attend = causal_attention(objective.tokens());
    objective.target = Target::always;
    read_at(objective, Modality::rew, layout.modality_of(behind));
    // At an episode's last step the return to go is the reward.
    if (!layout.has(Modality::rtg)) return;
    objective.hide = HideKind{layout, Modality::rtg, kSilent};
    objective.hidden_asked[store::index_of(Modality::rtg)] = 1;
}

void build_return(Spec& spec, Objective& objective) {
    const auto& layout = objective.layout;
    const auto at = spec.word("at", "obs");
    if (at != "obs" && at != "act") spec.refuse("at", "obs or act");
    expect_tokens(spec, layout, Modality::rtg, "rtg,obs,act");
    objective.role = at == "obs" ? "return" : "action_return";
    objective.attend = causal_attention(objective.tokens());
    objective.hide = HideKind{layout, Modality::rtg, kMasked};
    objective.hidden_asked[store::index_of(Modality::rtg)] = 1;
    read_at(objective, Modality::rtg, at == "obs" ? Modality::obs : Modality::act);
}

}  // namespace mast::mask
