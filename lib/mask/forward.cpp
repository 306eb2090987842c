// Forward dynamics: the next observation from the past and the present action.
#include "mask/attention.h"
#include "mask/families.h"

namespace mast::mask {

void build_forward(Spec& spec, Objective& objective) {
    spec.need_two_steps(objective.steps, "predicts the next step");
    const auto target = spec.word("target", "value");
    if (target != "value" && target != "latent") spec.refuse("target", "value or latent");
    objective.aim = target == "latent" ? Aim::latent : Aim::value;
    const auto& layout = objective.layout;
    objective.role = target == "latent" ? "forward_latent" : "forward";
    objective.attend = causal_attention(objective.tokens());
    objective.target = Target::always;
    for (std::int64_t t = 0; t + 1 < objective.steps; ++t) {
        const auto next = static_cast<std::size_t>(layout.token(t + 1, Modality::obs));
        objective.readout[next] = layout.token(t, Modality::act);
    }
}

}  // namespace mast::mask
