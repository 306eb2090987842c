// Behaviour cloning; with return-to-go tokens the Decision Transformer.
#include "mask/attention.h"
#include "mask/families.h"

namespace mast::mask {

void build_policy(Spec& /*spec*/, Objective& objective) {
    const auto& layout = objective.layout;
    objective.role = "policy";
    objective.attend = causal_attention(objective.tokens());
    objective.target = Target::always;
    for (std::int64_t t = 0; t < objective.steps; ++t) {
        const auto action = static_cast<std::size_t>(layout.token(t, Modality::act));
        objective.readout[action] = layout.token(t, Modality::obs);
    }
}

}  // namespace mast::mask
