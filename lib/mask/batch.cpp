#include "mask/batch.h"

#include "base/assert.h"

namespace mast::mask {

void mask_windows(const std::vector<Objective>& objectives, std::uint64_t seed,
                  std::uint64_t first_sample, Batch& batch) {
    const auto& windows = batch.windows;
    const auto steps = static_cast<std::size_t>(windows.steps);
    batch.views.resize(objectives.size());
    for (std::size_t i = 0; i < objectives.size(); ++i) {
        const auto& objective = objectives[i];
        auto& view = batch.views[i];
        MAST_ASSERT(objective.steps == windows.steps);
        const auto n = static_cast<std::size_t>(objective.tokens());
        view.objective = &objective;
        view.hidden.resize(static_cast<std::size_t>(windows.batch) * n);
        view.predict.resize(static_cast<std::size_t>(windows.batch) * n);
        for (std::size_t b = 0; b < static_cast<std::size_t>(windows.batch); ++b) {
            draw(objective, seed, first_sample + b,
                 std::span(windows.valid).subspan(b * steps, steps),
                 std::span(view.hidden).subspan(b * n, n),
                 std::span(view.predict).subspan(b * n, n));
        }
    }
}

}  // namespace mast::mask
