#include "mask/batch.h"

#include <algorithm>
#include <span>
#include <string>

#include "base/assert.h"

namespace mast::mask {

namespace {

/// A row b * T + t of another sample than `own`, at any of its valid steps; kNoSource if there is
/// no other.
std::int32_t other_row(const window::Windows& windows, std::int64_t own, Random& random) {
    if (windows.batch < 2) return kNoSource;
    const auto drawn = random.below(windows.batch - 1);
    const auto first = (drawn < own ? drawn : drawn + 1) * windows.steps;
    const auto valid =
        std::span(windows.valid)
            .subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(windows.steps));
    const auto steps = std::count(valid.begin(), valid.end(), 1);
    return steps > 0 ? static_cast<std::int32_t>(first + random.below(steps)) : kNoSource;
}

/// What the tokens of one sample show, where some of them are replaced.
void draw_sources(const window::Windows& windows, const DrawKey& key, std::int64_t b,
                  MaskedView& view) {
    const auto& objective = *view.objective;
    const auto n = objective.tokens();
    Random random(key.seed, objective.name + " replaced", key.sample);
    for (std::int64_t i = 0; i < n; ++i) {
        const auto token = static_cast<std::size_t>(b * n + i);
        const auto own = b * windows.steps + objective.layout.step_of(i);
        auto& source = view.source[token];
        source = static_cast<std::int32_t>(own);
        if (view.hidden[token] == kMasked) source = kNoSource;
        if (view.hidden[token] == kReplaced) source = other_row(windows, b, random);
    }
}

void mask_view(const DrawKey& first, const window::Windows& windows, MaskedView& view) {
    const auto& objective = *view.objective;
    const auto n = static_cast<std::size_t>(objective.tokens());
    const auto steps = static_cast<std::size_t>(windows.steps);
    view.hidden.resize(static_cast<std::size_t>(windows.batch) * n);
    view.predict.resize(static_cast<std::size_t>(windows.batch) * n);
    const auto key_of = [&](std::size_t b) {
        return DrawKey{first.seed, first.sample + b, first.progress};
    };
    for (std::size_t b = 0; b < static_cast<std::size_t>(windows.batch); ++b) {
        draw(objective, key_of(b), std::span(windows.valid).subspan(b * steps, steps),
             std::span(view.hidden).subspan(b * n, n), std::span(view.predict).subspan(b * n, n));
    }
    view.source.clear();
    if (!objective.replaces) return;
    view.source.resize(view.hidden.size());
    for (std::int64_t b = 0; b < windows.batch; ++b)
        draw_sources(windows, key_of(static_cast<std::size_t>(b)), b, view);
}

}  // namespace

void mask_windows(const std::vector<Objective>& objectives, const DrawKey& first, Batch& batch) {
    batch.views.resize(objectives.size());
    for (std::size_t i = 0; i < objectives.size(); ++i) {
        MAST_ASSERT(objectives[i].steps == batch.windows.steps);
        batch.views[i].objective = &objectives[i];
        mask_view(first, batch.windows, batch.views[i]);
    }
}

double batch_bytes(const window::Channels& channels, const std::vector<Objective>& objectives,
                   std::int64_t batch) {
    double step = sizeof(std::uint8_t);  // valid
    for (const auto& channel : channels) {
        step += channel.discrete ? double{sizeof(std::int32_t)}
                                 : sizeof(float) * static_cast<double>(channel.dim);
        step += channel.masked ? static_cast<double>(channel.dim) : 0.0;
    }
    constexpr double kPlace = 2 * sizeof(std::int64_t);  // episode and start
    double window = kPlace + step * static_cast<double>(objectives.front().steps);
    for (const auto& objective : objectives) {
        constexpr double kMarks = 2 * sizeof(std::uint8_t);  // hidden and predict
        const double token = kMarks + (objective.replaces ? double{sizeof(std::int32_t)} : 0.0);
        window += token * static_cast<double>(objective.tokens());
    }
    return window * static_cast<double>(batch);
}

}  // namespace mast::mask
