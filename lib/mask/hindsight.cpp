// Masked hindsight control: more and more actions and observations are hidden as training goes on.
#include <algorithm>

#include "base/error.h"
#include "mask/attention.h"
#include "mask/families.h"
#include "mask/selection.h"

namespace mast::mask {

namespace {

/// Hides K actions, which are predicted, and K' observations between the first step and the last,
/// which are not.
struct HideMore {
    const Layout layout;
    std::int64_t actions;  ///< K; 0: grows with the training
    std::int64_t obs;      ///< K'; -1: grows with the training
    std::int64_t stages;   ///< in which they grow

    /// Stage e of E hides K = max(1, floor(L (e + 1) / E)) of L steps (Sun et al. 2023, their
    /// code).
    std::int64_t grown(std::int64_t steps, double progress) const {
        const auto stage =
            std::min(stages - 1, static_cast<std::int64_t>(progress * static_cast<double>(stages)));
        return std::max<std::int64_t>(1, steps * (stage + 1) / stages);
    }

    void operator()(Draw& draw, std::span<const std::uint8_t> valid,
                    std::span<std::uint8_t> hidden) const {
        const auto steps = std::count(valid.begin(), valid.end(), 1) / layout.per_step();
        const auto between = std::max<std::int64_t>(0, steps - 2);
        const auto most = grown(steps, draw.progress);
        const auto k = std::min(steps, actions > 0 ? actions : most);
        const auto k_obs = std::min(between, obs >= 0 ? obs : std::min(steps / 2, most));
        choose(k, steps, draw.random, [&](std::int64_t t) {
            hidden[static_cast<std::size_t>(layout.token(t, Modality::act))] = kMasked;
        });
        choose(k_obs, between, draw.random, [&](std::int64_t t) {
            hidden[static_cast<std::size_t>(layout.token(t + 1, Modality::obs))] = kMasked;
        });
    }
};

/// Mean fractions over the training, of windows without padding.
void ask(const HideMore& rule, Objective& objective) {
    const auto steps = objective.steps;
    double actions = 0;
    double obs = 0;
    for (std::int64_t stage = 0; stage < rule.stages; ++stage) {
        const auto most =
            rule.grown(steps, static_cast<double>(stage) / static_cast<double>(rule.stages) + 1e-9);
        const auto k_obs = rule.obs >= 0 ? rule.obs : std::min(steps / 2, most);
        actions += static_cast<double>(rule.actions > 0 ? rule.actions : most);
        obs += static_cast<double>(std::min(std::max<std::int64_t>(0, steps - 2), k_obs));
    }
    const auto places = static_cast<double>(rule.stages * steps);
    objective.hidden_asked[store::index_of(Modality::act)] = actions / places;
    objective.hidden_asked[store::index_of(Modality::obs)] = obs / places;
}

}  // namespace

void build_hindsight(Spec& spec, Objective& objective) {
    const auto steps = objective.steps;
    HideMore rule{objective.layout, spec.whole("actions", 0, 1, steps),
                  spec.whole("obs", -1, 0, std::max<std::int64_t>(0, steps - 2)),
                  spec.whole("stages", 10, 1, 1000000)};
    objective.role = "infill";
    objective.attend = full_attention(objective.tokens());
    objective.target = Target::when_hidden;
    for (std::int64_t t = 0; t < steps; ++t) {
        const auto action = objective.layout.token(t, Modality::act);
        objective.readout[static_cast<std::size_t>(action)] = action;
    }
    ask(rule, objective);
    objective.hide = std::move(rule);
}

}  // namespace mast::mask
