// Fixed patterns: one model is asked for dynamics, plans or policies by what it is shown.
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "mask/attention.h"
#include "mask/families.h"

namespace mast::mask {

namespace {

/// What a pattern goes by in one sample.
struct Moment {
    std::int64_t last;   ///< last valid step
    std::int64_t now;    ///< drawn step
    std::int64_t every;  ///< of waypoints
};

/// Whether the token of a kind at a step is shown.
using Shows = bool (*)(Modality kind, std::int64_t step, const Moment& moment);

struct HidePattern {
    Layout layout;
    Shows shows;
    std::int64_t first;  ///< now is drawn from first .. last
    std::int64_t every;
    bool next;  ///< only hidden tokens of the step `now` are targets

    void operator()(Draw& draw, std::span<const std::uint8_t> valid,
                    std::span<std::uint8_t> hidden) const {
        const auto tokens = std::count(valid.begin(), valid.end(), 1);
        const auto steps = tokens / layout.per_step();
        const auto choices = std::max<std::int64_t>(1, steps - first);
        const Moment moment{steps - 1, std::min(first, steps - 1) + draw.random.below(choices),
                            every};
        for (std::int64_t i = 0; i < tokens; ++i) {
            const auto step = layout.step_of(i);
            if (shows(layout.modality_of(i), step, moment)) continue;
            hidden[static_cast<std::size_t>(i)] = next && step != moment.now ? kSilent : kMasked;
        }
    }
};

/// Of a window without padding, over all drawn steps: how often each kind is hidden, and which
/// tokens are ever a target.
void look_through(const HidePattern& rule, Objective& objective) {
    const auto last = objective.steps - 1;
    const auto first = std::min(rule.first, last);
    const auto moments = static_cast<double>((last - first + 1) * objective.steps);
    for (std::int64_t i = 0; i < objective.tokens(); ++i) {
        const auto kind = objective.layout.modality_of(i);
        const auto step = objective.layout.step_of(i);
        bool asked = false;
        for (std::int64_t now = first; now <= last; ++now) {
            if (rule.shows(kind, step, {last, now, rule.every})) continue;
            objective.hidden_asked[store::index_of(kind)] += 1 / moments;
            asked = asked || !rule.next || step == now;
        }
        const bool tells = kind == Modality::obs || kind == Modality::act;
        if (asked && tells) objective.readout[static_cast<std::size_t>(i)] = i;
    }
}

/// `first`: the first step that may be drawn. Hidden observations and actions are predicted, each
/// at its own row; rewards and returns are hidden where they could give an answer away, not
/// predicted.
void build(Spec& spec, Objective& objective, Shows shows, std::int64_t first, bool next) {
    spec.need_two_steps(objective.steps, "needs a step to go by and one to predict");
    const auto every = spec.name() == "waypoint"
                           ? spec.whole("every", std::max<std::int64_t>(1, objective.steps / 4), 1,
                                        objective.steps)
                           : 1;
    HidePattern rule{objective.layout, shows, first, every, next};
    objective.role = "infill";
    objective.attend = full_attention(objective.tokens());
    objective.target = Target::when_hidden;
    look_through(rule, objective);
    objective.hide = std::move(rule);
}

}  // namespace

void build_id(Spec& spec, Objective& objective) {
    build(
        spec, objective,
        [](Modality kind, std::int64_t /*step*/, const Moment& /*m*/) {
            return kind == Modality::obs;
        },
        0, false);
}

void build_fd(Spec& spec, Objective& objective) {
    build(
        spec, objective,
        [](Modality kind, std::int64_t step, const Moment& m) {
            return kind == Modality::act || (kind == Modality::obs && step < m.now);
        },
        1, spec.flag("next", false));
}

void build_bc(Spec& spec, Objective& objective) {
    build(
        spec, objective,
        [](Modality kind, std::int64_t step, const Moment& m) {
            return (kind == Modality::obs && step <= m.now) ||
                   (kind == Modality::act && step < m.now);
        },
        0, spec.flag("next", false));
}

void build_rcbc(Spec& spec, Objective& objective) {
    if (!objective.layout.has(Modality::rtg)) {
        fail<UsageError>(
            "objective \"{}\": goes by returns, but the layout is {}, expected rtg in it (e.g. "
            "--tokens rtg,obs,act)",
            spec.text(), objective.layout.text());
    }
    const bool all = spec.flag("future", false);
    const auto shows_past = [](Modality kind, std::int64_t step, const Moment& m) {
        return (kind == Modality::act && step < m.now) ||
               ((kind == Modality::obs || kind == Modality::rtg) && step <= m.now);
    };
    const auto shows_all = [](Modality kind, std::int64_t step, const Moment& m) {
        return kind == Modality::rtg || (kind == Modality::obs && step <= m.now) ||
               (kind == Modality::act && step < m.now);
    };
    build(spec, objective, all ? Shows{shows_all} : Shows{shows_past}, 0, spec.flag("next", false));
}

void build_goal(Spec& spec, Objective& objective) {
    build(
        spec, objective,
        [](Modality kind, std::int64_t step, const Moment& m) {
            return kind == Modality::obs && (step == 0 || step == m.last || step == m.now);
        },
        0, false);
}

void build_waypoint(Spec& spec, Objective& objective) {
    build(
        spec, objective,
        [](Modality kind, std::int64_t step, const Moment& m) {
            return kind == Modality::obs && (step % m.every == 0 || step == m.last);
        },
        0, false);
}

void build_future(Spec& spec, Objective& objective) {
    build(
        spec, objective,
        [](Modality /*kind*/, std::int64_t step, const Moment& m) { return step < m.now; }, 1,
        spec.flag("next", false));
}

void build_past(Spec& spec, Objective& objective) {
    build(
        spec, objective,
        [](Modality /*kind*/, std::int64_t step, const Moment& m) { return step >= m.now; }, 1,
        false);
}

}  // namespace mast::mask
