#include "mask/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.h"
#include "base/suggest.h"
#include "mask/custom.h"
#include "mask/families.h"
#include "mask/objective_json.h"

namespace mast::mask {

namespace {

constexpr double kMostWeight = 1e6;

constexpr std::array kTable{
    CatalogueEntry{"policy", "", "predicts a_t at o_t from the past: behaviour cloning",
                   "behaviour cloning; with rtg in the layout the Decision Transformer "
                   "(Chen et al. 2021)",
                   build_policy},
    CatalogueEntry{"forward", "target=value | latent",
                   "predicts o_t+1 at a_t from the past: forward dynamics",
                   "SMART (Sun et al. 2023); by default in the data's own space, where theirs is "
                   "latent: the embedding by a moving average that moves with the update, not with "
                   "each forward pass",
                   build_forward},
    CatalogueEntry{"inverse", "k=1, isolate=false | rm_idx=R",
                   "predicts a_t at o_t+k, which sees no action of steps t .. t+k-1",
                   "SMART's inverse dynamics (Sun et al. 2023); k as AC-State (Lamb et al. 2022); "
                   "rm_idx is the band of hidden columns, clamped at column 0 where it would wrap",
                   build_inverse},
    CatalogueEntry{
        "reward", "", "predicts r_t at a_t from the past; needs rew among the tokens",
        "UNREAL's reward prediction (Jaderberg et al. 2017), of the value; returns to go "
        "are hidden, for the last one is a reward",
        build_reward},
    CatalogueEntry{
        "return", "at=obs | act", "predicts R_t at o_t from the past; needs rtg among the tokens",
        "the value of a state, or at=act of an action, as the data went on (Monte Carlo); "
        "all returns are hidden",
        build_return},
    CatalogueEntry{"random", "ratio=0.15..0.6, of=obs+act, grow=false",
                   "hides a random fraction of the tokens and predicts them where they stood",
                   "MaskDP (Liu et al. 2022) and UniMASK (Carroll et al. 2022); the fraction is "
                   "that hidden, rounded at random so that its mean is exact; grow: the upper end "
                   "of the range rises with the training",
                   build_random},
    CatalogueEntry{"steps", "actions=0+1, obs=..., rew=..., rtg=...",
                   "hides the named steps in every sample and predicts them where they stood",
                   "trajectory masking with fixed places; steps count from 0, 2..5 is a run",
                   build_steps},
    CatalogueEntry{"hindsight", "actions=K, obs=K, stages=10",
                   "hides actions, which it predicts, and observations, more and more of both",
                   "SMART's masked hindsight control (Sun et al. 2023); drawn for each sample, not "
                   "for the batch, and read at the token's own row",
                   build_hindsight},
    CatalogueEntry{"autoregressive", "ratio=0..0.5",
                   "hides random tokens, and all from a drawn place on, and predicts them there",
                   "MTM's random autoregressive mask (Wu et al. 2023); drawn for each sample, in "
                   "the order of the tokens, and never without a visible token",
                   build_autoregressive},
    CatalogueEntry{"bert", "ratio=0.15, of=obs+act, mask=0.8, replace=0.1, grow=false",
                   "predicts a random fraction: most masked, some replaced, some kept",
                   "BERT (Devlin et al. 2019); what replaces a token is one of its kind from "
                   "another sample of the batch",
                   build_bert},
    CatalogueEntry{"block", "length=1..5, ratio=0.15..0.6, of=obs+act, grow=false",
                   "hides spans of steps and predicts them where they stood",
                   "CurrMask (Tang et al. 2024); spans have their full length, lie anywhere with "
                   "equal chance, and count in steps, not in tokens",
                   build_block},
    CatalogueEntry{"id", "", "shows all observations, predicts the actions: inverse dynamics",
                   "MTM (Wu et al. 2023)", build_id},
    CatalogueEntry{
        "fd", "next=false", "shows all actions and o_0 .. o_t-1 for a drawn t, predicts o_t and on",
        "MTM (Wu et al. 2023), but never without an observation; next: only o_t", build_fd},
    CatalogueEntry{
        "bc", "next=false", "shows o_0 .. o_t and a_0 .. a_t-1 for a drawn t, predicts the rest",
        "MTM (Wu et al. 2023) and UniMASK (Carroll et al. 2022); next: only step t", build_bc},
    CatalogueEntry{"rcbc", "next=false, future=false",
                   "as bc, and shows R_0 .. R_t; needs rtg among the tokens",
                   "MTM (Wu et al. 2023), but not the returns to come, which know of the actions "
                   "to come; future: shows those too, as MTM does",
                   build_rcbc},
    CatalogueEntry{"goal", "",
                   "shows the first, the last and one more observation, predicts the rest",
                   "MTM (Wu et al. 2023)", build_goal},
    CatalogueEntry{
        "waypoint", "every=T/4", "shows every W-th observation and the last, predicts the rest",
        "UniMASK (Carroll et al. 2022), with waypoints at equal distances", build_waypoint},
    CatalogueEntry{"future", "next=false",
                   "shows all steps before a drawn one, predicts from there on",
                   "UniMASK (Carroll et al. 2022); next: only the drawn step", build_future},
    CatalogueEntry{"past", "", "shows all steps from a drawn one on, predicts those before",
                   "UniMASK (Carroll et al. 2022)", build_past},
    CatalogueEntry{"contrast", "delta=1",
                   "tells at o_t which of all observations of the batch is o_t+D",
                   "ATC (Stooke et al. 2021): InfoNCE with the embedding by a moving average; "
                   "windows do not cross episodes, so that no pair does",
                   build_contrast},
    CatalogueEntry{"custom",
                   "attend=EXPR, hide=EXPR, predict=EXPR, ratio=1, length=L, mask=1, replace=0, "
                   "grow=false, when=hidden | always, role=NAME",
                   "hides, shows and predicts what expressions over tokens say",
                   "own; also as JSON, in a file: @FILE (docs/objectives.md)", build_custom},
};

const CatalogueEntry& find_entry(const Spec& spec) {
    const auto found = std::find_if(kTable.begin(), kTable.end(),
                                    [&](const auto& entry) { return entry.name == spec.name(); });
    if (found != kTable.end()) return *found;
    std::array<std::string_view, kTable.size()> known;
    std::transform(kTable.begin(), kTable.end(), known.begin(),
                   [](const auto& entry) { return entry.name; });
    fail<UsageError>(
        "objective \"{}\": column 1: {} is unknown, expected a name that mast objective --list "
        "shows{}",
        spec.text(), spec.name(), did_you_mean(spec.name(), known));
}

bool predicts_something(const Objective& objective) {
    return std::any_of(objective.readout.begin(), objective.readout.end(),
                       [](std::int64_t row) { return row != kNoReadout; });
}

/// A space means nothing in a spec or an expression.
std::string without_spaces(std::string text) {
    std::erase_if(text, [](char c) { return c == ' ' || c == '\n' || c == '\t'; });
    return text;
}

/// What all objectives have in common, around what makes one of them.
template <class Build>
Objective assemble(const std::string& spec, const std::string& name, const Layout& layout,
                   std::int64_t steps, const Build& build) {
    Spec read(spec);
    Objective objective;
    objective.name = name;
    objective.spec = spec;
    objective.weight = read.number("weight", 1.0, 0, kMostWeight);
    objective.layout = layout;
    objective.steps = steps;
    objective.readout.assign(static_cast<std::size_t>(objective.tokens()), kNoReadout);
    build(read, objective);
    read.refuse_unknown();
    if (!predicts_something(objective)) {
        fail<UsageError>(
            "objective \"{}\": predicts nothing in a context of {}, expected a target "
            "(use a longer context)",
            spec, steps);
    }
    return objective;
}

}  // namespace

std::span<const CatalogueEntry> catalogue() {
    return kTable;
}

Objective make_objective(const std::string& text, const Layout& layout, std::int64_t steps) {
    if (steps < 1 || steps > kMostTokens / layout.per_step()) {
        fail<UsageError>("objective \"{}\": the context is {}, expected 1 to {} steps of {}", text,
                         steps, kMostTokens / layout.per_step(), layout.text());
    }
    const auto spec = without_spaces(without_file(text));
    if (!spec.starts_with('{')) {
        return assemble(spec, spec, layout, steps, [](Spec& read, Objective& objective) {
            find_entry(read).build(read, objective);
        });
    }
    const auto json = read_objective_json(spec, text, layout.tokens(steps));
    auto objective = assemble(without_spaces(json.spec), json.name, layout, steps,
                              [&](Spec& read, Objective& objective_made) {
                                  build_custom(read, objective_made, json.given);
                              });
    objective.spec = spec;
    return objective;
}

}  // namespace mast::mask
