#include "mask/representation.h"

#include <algorithm>

namespace mast::mask {

Objective representation(const Objective& objective) {
    Objective all = objective;
    all.hide = nullptr;
    all.replaces = false;
    all.hidden_asked = {};
    all.target = Target::always;
    std::fill(all.readout.begin(), all.readout.end(), kNoReadout);
    for (std::int64_t t = 0; t < all.steps; ++t) {
        const auto token = all.layout.token(t, Modality::obs);
        all.readout[static_cast<std::size_t>(token)] = token;
    }
    return all;
}

bool looks_ahead(const Objective& objective) {
    const auto n = objective.tokens();
    const auto per_step = objective.layout.per_step();
    for (std::int64_t t = 0; t < objective.steps; ++t) {
        const auto row = objective.attend.begin() + objective.layout.token(t, Modality::obs) * n;
        const auto later = row + (t + 1) * per_step;
        if (std::any_of(later, row + n, [](auto mark) { return mark != 0; })) return true;
    }
    return false;
}

}  // namespace mast::mask
