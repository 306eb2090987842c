// Contrast over time: which of all observations of the batch comes D steps later.
#include <fmt/format.h>

#include <algorithm>

#include "mask/attention.h"
#include "mask/families.h"

namespace mast::mask {

void build_contrast(Spec& spec, Objective& objective) {
    spec.need_two_steps(objective.steps, "compares two steps");
    const auto delta = spec.whole("delta", 1, 1, objective.steps - 1);
    const auto& layout = objective.layout;
    objective.role = delta == 1 ? "contrast" : fmt::format("contrast_{}", delta);
    objective.aim = Aim::contrast;
    objective.attend = causal_attention(objective.tokens());
    objective.target = Target::always;
    for (std::int64_t t = 0; t + delta < objective.steps; ++t) {
        const auto later = static_cast<std::size_t>(layout.token(t + delta, Modality::obs));
        objective.readout[later] = layout.token(t, Modality::obs);
    }
}

}  // namespace mast::mask
