#include "mask/custom.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/error.h"
#include "mask/attention.h"
#include "mask/expression.h"
#include "mask/families.h"
#include "mask/selection.h"

namespace mast::mask {

namespace {

/// A selection among tokens that each sample draws for itself.
struct HideDrawn {
    Expression expression;
    Selection selection;

    void operator()(Draw& draw, std::span<const std::uint8_t> valid,
                    std::span<std::uint8_t> hidden) const {
        const auto steps = std::count(valid.begin(), valid.end(), 1) / selection.per_step;
        const SampleDraws sample{steps - 1,
                                 1 + draw.random.below(std::max<std::int64_t>(1, steps - 1))};
        Selection drawn = selection;
        for (std::size_t i = 0; i < valid.size(); ++i) {
            drawn.eligible[i] =
                expression(static_cast<std::int64_t>(i), sample, draw.random.uniform()) &&
                        valid[i] != 0
                    ? 1
                    : 0;
        }
        drawn(draw, valid, hidden);
    }
};

std::vector<std::uint8_t> attention_of(Spec& spec, const Objective& objective) {
    const auto n = objective.tokens();
    if (!spec.has("attend")) return full_attention(n);
    const Expression expression(spec, "attend", spec.word("attend", ""), objective.layout,
                                objective.steps);
    if (expression.is_drawn()) {
        spec.refuse("attend",
                    "one that is the same for all samples (last, cut and u are for hide)");
    }
    std::vector<std::uint8_t> attend(static_cast<std::size_t>(n * n));
    for (std::int64_t q = 0; q < n; ++q) {
        for (std::int64_t k = 0; k < n; ++k)
            attend[static_cast<std::size_t>(q * n + k)] = expression(q, k) ? 1 : 0;
    }
    return attend;
}

/// Each token at its own row, where nothing else is said.
std::vector<std::int64_t> readouts_of(Spec& spec, const Objective& objective) {
    const auto n = objective.tokens();
    const auto& layout = objective.layout;
    const Expression expression(spec, "predict", spec.word("predict", "k.token==q.token"), layout,
                                objective.steps);
    if (expression.is_drawn()) {
        spec.refuse("predict",
                    "one that is the same for all samples (last, cut and u are for hide)");
    }
    std::vector<std::int64_t> readout(static_cast<std::size_t>(n), kNoReadout);
    for (std::int64_t k = 0; k < n; ++k) {
        auto& row = readout[static_cast<std::size_t>(k)];
        for (std::int64_t q = 0; q < n; ++q) {
            if (!expression(q, k)) continue;
            if (row != kNoReadout) {
                spec.refuse("predict", fmt::format("one row for each token, but {} is predicted at "
                                                   "{} and at {}",
                                                   layout.token_name(k), layout.token_name(row),
                                                   layout.token_name(q)));
            }
            row = q;
        }
    }
    return readout;
}

/// What random, block and bert can say of the tokens that may be hidden.
Selection selection_of(Spec& spec, const Objective& objective) {
    Selection selection;
    selection.eligible.assign(static_cast<std::size_t>(objective.tokens()), 0);
    selection.per_step = objective.layout.per_step();
    std::tie(selection.low, selection.high) = spec.range("ratio", {1, 1}, 0, 1);
    selection.grows = spec.flag("grow", false);
    if (spec.has("length")) read_spans(spec, objective.steps, {1, 1}, selection);
    read_shares(spec, 1, 0, selection);
    return selection;
}

/// How much a rule hides of windows without padding, over a training: by a few hundred draws.
/// Refuses one that always hides everything.
void measure_hidden(const Spec& spec, Objective& objective) {
    constexpr std::uint64_t kSamples = 256;
    const auto n = static_cast<std::size_t>(objective.tokens());
    const std::vector<std::uint8_t> valid(static_cast<std::size_t>(objective.steps), 1);
    std::vector<std::uint8_t> hidden(n);
    std::vector<std::uint8_t> predict(n);
    bool anything_visible = false;
    for (std::uint64_t s = 0; s < kSamples; ++s) {
        const auto progress = (static_cast<double>(s) + 0.5) / kSamples;
        draw(objective, {0, s, progress}, valid, hidden, predict);
        for (std::size_t i = 0; i < n; ++i) {
            anything_visible = anything_visible || hidden[i] == kVisible;
            if (hidden[i] == kVisible) continue;
            const auto kind = objective.layout.modality_of(static_cast<std::int64_t>(i));
            objective.hidden_asked[store::index_of(kind)] +=
                1 / static_cast<double>(kSamples * valid.size());
        }
    }
    if (!anything_visible) {
        fail<UsageError>(
            "objective \"{}\": hides every token, expected some to predict them from "
            "(hide fewer, or give a ratio)",
            spec.text());
    }
}

void hide(Spec& spec, Objective& objective, const Given& given) {
    auto selection = selection_of(spec, objective);
    objective.replaces = selection.masked < 1;
    if (given.hide) {
        selection.eligible = *given.hide;
        objective.hide = std::move(selection);
    } else if (spec.has("hide")) {
        const Expression expression(spec, "hide", spec.word("hide", ""), objective.layout,
                                    objective.steps);
        if (expression.is_drawn()) {
            objective.hide = HideDrawn{expression, std::move(selection)};
        } else {
            for (std::int64_t i = 0; i < objective.tokens(); ++i)
                selection.eligible[static_cast<std::size_t>(i)] = expression(i, i) ? 1 : 0;
            objective.hide = std::move(selection);
        }
    }
    if (objective.hide) measure_hidden(spec, objective);
}

}  // namespace

void build_custom(Spec& spec, Objective& objective, const Given& given) {
    objective.attend = given.attend ? *given.attend : attention_of(spec, objective);
    objective.readout = given.readout ? *given.readout : readouts_of(spec, objective);
    hide(spec, objective, given);
    const auto when = spec.word("when", objective.hide ? "hidden" : "always");
    if (when != "hidden" && when != "always") spec.refuse("when", "hidden or always");
    if (when == "hidden" && !objective.hide) {
        spec.refuse("when", "always, for nothing is hidden");
    }
    objective.target = when == "hidden" ? Target::when_hidden : Target::always;
    // Hidden tokens read at their own rows are what all objectives of that kind call infill.
    objective.role = spec.word("role", objective.hide ? "infill" : "custom");
}

void build_custom(Spec& spec, Objective& objective) {
    build_custom(spec, objective, {});
}

}  // namespace mast::mask
