// Everything that a store holds, as a text: two stores that read alike have the same.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <string>
#include <vector>

#include "store/trajectories.h"

namespace mast::test {

inline std::string content_of_store(const store::TrajectoryReader& store) {
    const auto& spec = store.spec();
    auto text = fmt::format("{} {} {} {} {}\n", spec.obs_dim, spec.act_dim,
                            static_cast<int>(spec.action_kind), spec.discount,
                            store::to_json(store.history()));
    for (const auto& part : spec.components)
        text += fmt::format("{} {} {}\n", part.name, part.first, part.width);
    for (const auto& e : store.episodes())
        text += fmt::format("{} {} {} {} {}\n", e.start, e.length, static_cast<int>(e.end),
                            static_cast<int>(e.split), e.episode_return);
    const bool discrete = spec.action_kind == store::ActionKind::discrete;
    for (const auto modality : store::kModalities) {
        const auto& s = store.statistics(modality);
        text += fmt::format("{} {} {} {}\n", s.mean, s.std, s.min, s.max);
        if (discrete && modality == store::Modality::act) continue;
        std::vector<float> values(static_cast<std::size_t>(store.steps() * store.dim(modality)));
        store.read(modality, 0, store.steps(), values);
        text += fmt::format("{}\n", values);
    }
    if (discrete) {
        std::vector<std::int32_t> classes(static_cast<std::size_t>(store.steps()));
        store.read_classes(0, store.steps(), classes);
        text += fmt::format("{}\n", classes);
    }
    if (spec.action_masks) {
        std::vector<std::uint8_t> masks(static_cast<std::size_t>(store.steps() * spec.act_dim));
        store.read_action_masks(0, store.steps(), masks);
        text += fmt::format("{}\n", masks);
    }
    std::vector<float> last(static_cast<std::size_t>(spec.obs_dim));
    for (std::size_t e = 0; e < store.episodes().size(); ++e) {
        if (store.read_final_obs(static_cast<std::int64_t>(e), last))
            text += fmt::format("{} {}\n", e, last);
    }
    return text;
}

inline std::string content_of_store(const std::filesystem::path& path) {
    return content_of_store(store::TrajectoryReader(path));
}

}  // namespace mast::test
