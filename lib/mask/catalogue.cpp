#include "mask/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.h"
#include "base/suggest.h"
#include "mask/families.h"

namespace mast::mask {

namespace {

constexpr double kMostWeight = 1e6;

constexpr std::array kTable{
    CatalogueEntry{"policy", "", "predicts a_t at o_t from the past: behaviour cloning",
                   "behaviour cloning; with rtg in the layout the Decision Transformer "
                   "(Chen et al. 2021)",
                   build_policy},
    CatalogueEntry{"forward", "", "predicts o_t+1 at a_t from the past: forward dynamics",
                   "SMART (Sun et al. 2023), but in the data's own space, not a latent one",
                   build_forward},
    CatalogueEntry{"inverse", "k=1, isolate=false | rm_idx=R",
                   "predicts a_t at o_t+k, which sees no action of steps t .. t+k-1",
                   "SMART's inverse dynamics (Sun et al. 2023); k as AC-State (Lamb et al. 2022); "
                   "rm_idx is the band of hidden columns, clamped at column 0 where it would wrap",
                   build_inverse},
    CatalogueEntry{"random", "ratio=0.15..0.6, of=obs+act",
                   "hides a random fraction of the tokens and predicts them where they stood",
                   "MaskDP (Liu et al. 2022) and UniMASK (Carroll et al. 2022); the fraction is "
                   "that hidden, rounded at random so that its mean is exact",
                   build_random},
    CatalogueEntry{"steps", "actions=0+1, obs=..., rew=..., rtg=...",
                   "hides the named steps in every sample and predicts them where they stood",
                   "trajectory masking with fixed places; steps count from 0, 2..5 is a run",
                   build_steps},
};

const CatalogueEntry& find_entry(const Spec& spec) {
    const auto found = std::find_if(kTable.begin(), kTable.end(),
                                    [&](const auto& entry) { return entry.name == spec.name(); });
    if (found != kTable.end()) return *found;
    std::array<std::string_view, kTable.size()> known;
    std::transform(kTable.begin(), kTable.end(), known.begin(),
                   [](const auto& entry) { return entry.name; });
    fail<UsageError>("objective \"{}\": column 1: {} is unknown, expected one of {}{}", spec.text(),
                     spec.name(), fmt::join(known, ", "), did_you_mean(spec.name(), known));
}

bool predicts_something(const Objective& objective) {
    return std::any_of(objective.readout.begin(), objective.readout.end(),
                       [](std::int64_t row) { return row != kNoReadout; });
}

}  // namespace

std::span<const CatalogueEntry> catalogue() {
    return kTable;
}

Objective make_objective(const std::string& spec, const Layout& layout, std::int64_t steps) {
    Spec read(spec);
    const auto& entry = find_entry(read);
    if (steps < 1 || steps > kMostTokens / layout.per_step()) {
        fail<UsageError>("objective \"{}\": the context is {}, expected 1 to {} steps of {}", spec,
                         steps, kMostTokens / layout.per_step(), layout.text());
    }
    Objective objective{spec,
                        {},
                        read.number("weight", 1.0, 0, kMostWeight),
                        layout,
                        steps,
                        {},
                        {},
                        Target::when_hidden,
                        {}};
    objective.readout.assign(static_cast<std::size_t>(objective.tokens()), kNoReadout);
    entry.build(read, objective);
    read.refuse_unknown();
    if (!predicts_something(objective)) {
        fail<UsageError>(
            "objective \"{}\": predicts nothing in a context of {}, expected a target "
            "(use a longer context)",
            spec, steps);
    }
    return objective;
}

}  // namespace mast::mask
