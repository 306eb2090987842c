#include "apply/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "mask/attention.h"
#include "mask/catalogue.h"

namespace mast::apply {

using store::Modality;

namespace {

std::size_t policy_head(const model::ModelConfig& config, const std::string& name) {
    const model::Head wanted{"policy", Modality::act};
    const auto found = std::find(config.outputs.begin(), config.outputs.end(), wanted);
    if (found == config.outputs.end()) {
        fail<UsageError>(
            "{}: has no head policy.act, expected a run with the objective policy (mast finetune "
            "makes one of it)",
            name);
    }
    return static_cast<std::size_t>(found - config.outputs.begin());
}

/// Whether the network was trained to answer as the decoder asks: every token sees those before it,
/// nothing is hidden, and an action is read at its step's observation.
bool answers_decoder(const mask::Objective& objective) {
    if (objective.role != "policy" || objective.hide) return false;
    if (objective.attend != mask::causal_attention(objective.tokens())) return false;
    for (std::int64_t t = 0; t < objective.steps; ++t) {
        const auto action = static_cast<std::size_t>(objective.layout.token(t, Modality::act));
        if (objective.readout[action] != objective.layout.token(t, Modality::obs)) return false;
    }
    return true;
}

void refuse_other_reading(const train::Run& run, const std::string& name) {
    const auto& specs = run.config.objectives;
    const auto& config = run.model.config();
    const bool answers = std::any_of(specs.begin(), specs.end(), [&](const std::string& spec) {
        return answers_decoder(mask::make_objective(spec, config.layout, config.context));
    });
    if (answers) return;
    fail<UsageError>(
        "{}: its head policy.act was trained with another attention, or at other rows, than those "
        "of the objective policy, expected that one (mast finetune trains it)",
        name);
}

/// An action that is read after itself, or after its reward, cannot be asked for.
void refuse_future(const mask::Layout& layout, const std::string& name) {
    for (const auto modality : {Modality::act, Modality::rew}) {
        if (!layout.has(modality) || layout.slot(modality) > layout.slot(Modality::obs)) continue;
        fail<UsageError>(
            "{}: its tokens are {}, so that {} of a step stands before its observation, expected "
            "it behind (it is known only after the action)",
            name, layout.text(), store::name_of(modality));
    }
}

std::string text_of(const std::vector<store::Component>& components) {
    std::vector<std::string> parts;
    for (const auto& part : components)
        parts.push_back(fmt::format("{} ({})", part.name, part.width));
    return parts.empty() ? std::string() : fmt::format(": {}", fmt::join(parts, ", "));
}

bool all_finite(std::span<const float> values) {
    return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
}

}  // namespace

Policy::Policy(train::Run& run, const std::string& name, std::optional<double> return_asked)
    : run_(run),
      decoder_(run.model),
      head_(policy_head(run.model.config(), name)),
      return_asked_(return_asked) {
    const auto& config = run.model.config();
    refuse_future(config.layout, name);
    refuse_other_reading(run, name);
    output_.resize(static_cast<std::size_t>(config.columns(config.outputs[head_])));
    reset();
}

void Policy::reset(std::optional<double> rtg) {
    decoder_.restart();
    begun_ = false;
    rtg_ = rtg ? rtg : return_asked_;
}

void Policy::check(const Observed& observed) const {
    const auto& config = run_.model.config();
    const auto columns = config.channels[store::index_of(Modality::obs)].dim;
    if (static_cast<std::int64_t>(observed.obs.size()) != columns) {
        fail<DataError>("obs has {} numbers, expected {}{}", observed.obs.size(), columns,
                        text_of(run_.config.components));
    }
    if (!all_finite(observed.obs)) fail<DataError>("obs is not finite, expected numbers");
    const auto& channel = config.channels[store::index_of(Modality::act)];
    if (observed.may.empty()) return;
    if (!channel.discrete)
        fail<DataError>("action_mask is given, but actions are no classes (leave it out)");
    if (static_cast<std::int64_t>(observed.may.size()) != channel.dim) {
        fail<DataError>("action_mask has {} entries, expected {}, one for each class",
                        observed.may.size(), channel.dim);
    }
    if (std::all_of(observed.may.begin(), observed.may.end(), [](auto m) { return m == 0; }))
        fail<DataError>("action_mask allows no action, expected at least one");
}

void Policy::check_rewards(const Observed& observed) const {
    const auto& layout = run_.model.config().layout;
    if (layout.has(Modality::rtg) && !begun_ && !observed.rtg && !rtg_) {
        fail<DataError>(
            "rtg is missing, expected the return asked for with the first step of an episode (or "
            "start with --return)");
    }
    const bool counts_down = layout.has(Modality::rtg) && !observed.rtg;
    if (begun_ && !observed.reward && (counts_down || layout.has(Modality::rew)))
        fail<DataError>("reward is missing, expected that of the action before");
}

/// What is this far from the data overflows on its way through the network.
void Policy::check_scale(std::string_view what, Modality modality, std::span<const float> values) {
    constexpr float kMost = 1e12F;
    scaled_.assign(values.begin(), values.end());
    run_.config.scaler.standardise(modality, scaled_);
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (std::abs(scaled_[i]) <= kMost) continue;
        fail<DataError>(
            "{} has {}, which is more than {:g} standard deviations from the data, expected a "
            "value "
            "like theirs",
            what, values[i], kMost);
    }
}

/// Of the step to come.
double Policy::next_return(const Observed& observed) const {
    double value = 0;
    if (observed.rtg) {
        value = *observed.rtg;
    } else if (!begun_) {
        value = *rtg_;
    } else {
        value = (*rtg_ - *observed.reward) / run_.config.acting.discount;
    }
    if (!std::isfinite(static_cast<float>(value)))
        fail<DataError>("the return to go is {}, expected a finite one (give rtg)", value);
    return value;
}

/// values: in the data's own units.
void Policy::push(Modality modality, std::span<const float> values) {
    scaled_.assign(values.begin(), values.end());
    run_.config.scaler.standardise(modality, scaled_);
    decoder_.push(scaled_);
}

/// What comes after the observation.
void Policy::finish_step(std::optional<double> reward) {
    const auto& layout = run_.model.config().layout;
    while (decoder_.next() != layout.modalities().front()) {
        const auto modality = decoder_.next();
        if (modality == Modality::act && last_.values.empty()) {
            decoder_.push(last_.number);
        } else if (modality == Modality::act) {
            push(modality, last_.values);
        } else {
            const auto value = static_cast<float>(modality == Modality::rew ? *reward : *rtg_);
            push(modality, {&value, 1});
        }
    }
}

/// Up to the observation.
void Policy::begin_step(std::span<const float> obs) {
    while (decoder_.next() != Modality::obs) {
        const auto value = static_cast<float>(*rtg_);
        push(Modality::rtg, {&value, 1});
    }
    push(Modality::obs, obs);
}

Action Policy::decide_class(std::span<const std::uint8_t> may) const {
    auto best = -std::numeric_limits<float>::infinity();
    Action action;
    for (std::size_t k = 0; k < output_.size(); ++k) {
        if ((!may.empty() && may[k] == 0) || !(output_[k] > best)) continue;
        best = output_[k];
        action.number = static_cast<std::int32_t>(k);
    }
    return action;
}

Action Policy::decide_values() const {
    Action action{output_, 0, false};
    run_.config.scaler.restore(Modality::act, action.values);
    const auto& range = run_.config.acting;
    for (std::size_t d = 0; d < range.least.size(); ++d) {
        const auto value = std::clamp(action.values[d], range.least[d], range.most[d]);
        action.clipped = action.clipped || value != action.values[d];
        action.values[d] = value;
    }
    return action;
}

Action Policy::decide(std::span<const std::uint8_t> may) {
    decoder_.read(head_, output_);
    const auto& channel = run_.model.config().channels[store::index_of(Modality::act)];
    return channel.discrete ? decide_class(may) : decide_values();
}

Action Policy::act(const Observed& observed) {
    check(observed);
    check_rewards(observed);
    const bool returns = run_.model.config().layout.has(Modality::rtg);
    const auto rtg = returns ? std::optional(next_return(observed)) : std::nullopt;
    check_scale("obs", Modality::obs, observed.obs);
    if (returns) check_scale("rtg", Modality::rtg, std::array{static_cast<float>(*rtg)});
    if (begun_ && run_.model.config().layout.has(Modality::rew))
        check_scale("reward", Modality::rew, std::array{static_cast<float>(*observed.reward)});
    if (begun_) finish_step(observed.reward);
    rtg_ = rtg;
    begun_ = true;
    begin_step(observed.obs);
    last_ = decide(observed.may);
    return last_;
}

}  // namespace mast::apply
