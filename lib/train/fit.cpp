#include "train/fit.h"

#include <fmt/format.h>

#include <string>

#include "base/error.h"

namespace mast::train {

using store::Modality;

namespace {

std::string text_of(const std::vector<store::Component>& components) {
    std::string text;
    for (const auto& part : components) {
        text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", part.name, part.width);
    }
    return text.empty() ? "unnamed" : text;
}

}  // namespace

void expect_fit(const store::TrajectoryReader& store, const model::ModelConfig& config,
                const std::vector<store::Component>& components) {
    const auto& spec = store.spec();
    const auto& act = config.channels[store::index_of(Modality::act)];
    const auto obs_dim = config.channels[store::index_of(Modality::obs)].dim;
    if (spec.obs_dim != obs_dim) {
        fail<DataError>(
            "{}: has observations of {} columns [{}], expected the {} that the run was trained on "
            "[{}] (use data of the same kind)",
            store.path().string(), spec.obs_dim, text_of(spec.components), obs_dim,
            text_of(components));
    }
    const bool discrete = spec.action_kind == store::ActionKind::discrete;
    if (spec.act_dim != act.dim || discrete != act.discrete) {
        fail<DataError>(
            "{}: has {} {} actions, expected {} {} as the run was trained on (use data of "
            "the same kind)",
            store.path().string(), spec.act_dim, discrete ? "discrete" : "continuous", act.dim,
            act.discrete ? "discrete" : "continuous");
    }
}

}  // namespace mast::train
