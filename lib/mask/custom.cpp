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
    read_ratio(spec, {1, 1}, selection);
    if (spec.has("length")) read_spans(spec, objective.steps, {1, 1}, selection);
    read_shares(spec, 1, 0, selection);
    return selection;
}

void refuse_without_hide(Spec& spec) {
    for (const auto* key : {"ratio", "length", "mask", "replace", "grow"}) {
        if (spec.has(key)) spec.refuse(key, "hide beside it, for without it nothing is hidden");
    }
}

Target target_of(Spec& spec, bool hides) {
    const auto when = spec.word("when", hides ? "hidden" : "always");
    if (when != "hidden" && when != "always") spec.refuse("when", "hidden or always");
    if (when == "hidden" && !hides) spec.refuse("when", "always, for nothing is hidden");
    return when == "hidden" ? Target::when_hidden : Target::always;
}

HideRule hide_rule(Spec& spec, const Objective& objective, const Given& given,
                   Selection selection) {
    if (given.hide) {
        selection.eligible = *given.hide;
        return selection;
    }
    const Expression expression(spec, "hide", spec.word("hide", ""), objective.layout,
                                objective.steps);
    if (expression.is_drawn()) return HideDrawn{expression, std::move(selection)};
    for (std::int64_t i = 0; i < objective.tokens(); ++i)
        selection.eligible[static_cast<std::size_t>(i)] = expression(i, i) ? 1 : 0;
    return selection;
}

/// A few hundred draws over a training, of windows without padding.
struct Sampled {
    static constexpr int kSamples = 256;
    std::vector<int> hidden;  ///< (n) in how many samples
    std::vector<int> asked;   ///< (n) ... a target
};

Sampled draw_often(const Objective& objective) {
    const auto n = static_cast<std::size_t>(objective.tokens());
    const std::vector<std::uint8_t> valid(static_cast<std::size_t>(objective.steps), 1);
    std::vector<std::uint8_t> hidden(n);
    std::vector<std::uint8_t> predict(n);
    Sampled sampled{std::vector<int>(n), std::vector<int>(n)};
    for (int s = 0; s < Sampled::kSamples; ++s) {
        const auto progress = (s + 0.5) / Sampled::kSamples;
        draw(objective, {0, static_cast<std::uint64_t>(s), progress}, valid, hidden, predict);
        for (std::size_t i = 0; i < n; ++i) {
            sampled.hidden[i] += hidden[i] != kVisible ? 1 : 0;
            sampled.asked[i] += predict[i];
        }
    }
    return sampled;
}

void measure_hidden(const Sampled& sampled, Objective& objective) {
    const auto all = static_cast<double>(Sampled::kSamples * objective.steps);
    for (std::size_t i = 0; i < sampled.hidden.size(); ++i) {
        const auto kind = objective.layout.modality_of(static_cast<std::int64_t>(i));
        objective.hidden_asked[store::index_of(kind)] += sampled.hidden[i] / all;
    }
}

/// Refuses a rule that always hides everything, or after which nothing is ever asked for.
void refuse_pointless(const Spec& spec, const Sampled& sampled, std::int64_t steps) {
    const auto all = [](const std::vector<int>& counts, int count) {
        return std::count(counts.begin(), counts.end(), count) ==
               static_cast<std::ptrdiff_t>(counts.size());
    };
    if (all(sampled.hidden, Sampled::kSamples)) {
        fail<UsageError>(
            "objective \"{}\": hides every token, expected some to predict them from "
            "(hide fewer, or give a ratio)",
            spec.text());
    }
    if (all(sampled.asked, 0)) {
        fail<UsageError>(
            "objective \"{}\": predicts nothing in any of {} samples of {} steps, expected a "
            "target (hide tokens that it predicts, or use a longer context)",
            spec.text(), Sampled::kSamples, steps);
    }
}

/// A token that is a target in every sample may not be kept: the model would know of it.
void refuse_known_targets(const Spec& spec, const Sampled& sampled, const Layout& layout) {
    const auto known = std::find(sampled.asked.begin(), sampled.asked.end(), Sampled::kSamples);
    if (known == sampled.asked.end()) return;
    spec.refuse("mask", fmt::format("1 together with replace: {} is asked for in every sample, and "
                                    "would be copied where it is kept (or hide it less often, "
                                    "e.g. by ratio=0.5)",
                                    layout.token_name(known - sampled.asked.begin())));
}

void hide(Spec& spec, Objective& objective, const Given& given) {
    auto selection = selection_of(spec, objective);
    const bool keeps = selection.keeps();
    objective.replaces = selection.masked < 1;
    objective.hide = hide_rule(spec, objective, given, std::move(selection));
    const auto sampled = draw_often(objective);
    measure_hidden(sampled, objective);
    refuse_pointless(spec, sampled, objective.steps);
    if (keeps && objective.target == Target::when_hidden)
        refuse_known_targets(spec, sampled, objective.layout);
}

}  // namespace

void build_custom(Spec& spec, Objective& objective, const Given& given) {
    objective.attend = given.attend ? *given.attend : attention_of(spec, objective);
    objective.readout = given.readout ? *given.readout : readouts_of(spec, objective);
    const bool hides = given.hide || spec.has("hide");
    objective.target = target_of(spec, hides);
    // Hidden tokens read at their own rows are what all objectives of that kind call infill.
    objective.role = spec.label("role", hides ? "infill" : "custom");
    if (hides) {
        hide(spec, objective, given);
    } else {
        refuse_without_hide(spec);
    }
}

void build_custom(Spec& spec, Objective& objective) {
    build_custom(spec, objective, {});
}

}  // namespace mast::mask
