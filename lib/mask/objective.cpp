#include "mask/objective.h"

#include <algorithm>

#include "base/assert.h"

namespace mast::mask {

void draw(const Objective& objective, std::uint64_t seed, std::uint64_t sample,
          std::span<const std::uint8_t> valid, std::span<std::uint8_t> hidden,
          std::span<std::uint8_t> predict) {
    const std::int64_t n = objective.tokens();
    const std::int64_t per_step = objective.layout.per_step();
    MAST_ASSERT(static_cast<std::int64_t>(valid.size()) == objective.steps);
    MAST_ASSERT(static_cast<std::int64_t>(hidden.size()) == n);
    MAST_ASSERT(static_cast<std::int64_t>(predict.size()) == n);
    std::fill(hidden.begin(), hidden.end(), std::uint8_t{0});
    if (objective.hide) {
        // Until it gets its own content, `predict` holds which tokens are valid.
        for (std::int64_t i = 0; i < n; ++i) {
            predict[static_cast<std::size_t>(i)] = valid[static_cast<std::size_t>(i / per_step)];
        }
        Random draws(seed, objective.name, sample);
        objective.hide(draws, predict, hidden);
    }
    for (std::int64_t i = 0; i < n; ++i) {
        const auto token = static_cast<std::size_t>(i);
        const std::int64_t row = objective.readout[token];
        const bool target = row != kNoReadout &&
                            valid[static_cast<std::size_t>(i / per_step)] != 0 &&
                            valid[static_cast<std::size_t>(row / per_step)] != 0 &&
                            (objective.target == Target::always || hidden[token] != 0);
        predict[token] = target ? 1 : 0;
    }
}

}  // namespace mast::mask
