// A store of known content: every value tells its episode and step.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "store/trajectories.h"

namespace mast::test {

/// obs (2): 100 e + t, -t; act (1): e + t / 8, or class (e + t) mod 3; rew: t. masked: beside the
/// class, the one after it is valid at steps that 3 does not divide.
struct SmallStore {
    std::vector<std::int64_t> lengths;
    bool discrete = false;
    store::SplitRule rule{};
    bool masked = false;

    static float obs(std::int64_t e, std::int64_t t, int column) {
        return static_cast<float>(column == 0 ? 100 * e + t : -t);
    }
    static float act(std::int64_t e, std::int64_t t) {
        return static_cast<float>(e) + static_cast<float>(t) / 8;
    }
    static std::int32_t act_class(std::int64_t e, std::int64_t t) {
        return static_cast<std::int32_t>((e + t) % 3);
    }

    static std::uint8_t may(std::int64_t e, std::int64_t t, std::int32_t number) {
        const auto after = (number + 3 - act_class(e, t)) % 3;
        return after == 0 || (after == 1 && t % 3 != 0) ? 1 : 0;
    }

    void write(const std::filesystem::path& path) const {
        store::TrajectorySpec spec;
        spec.obs_dim = 2;
        spec.act_dim = discrete ? 3 : 1;
        spec.action_kind = discrete ? store::ActionKind::discrete : store::ActionKind::continuous;
        spec.action_masks = masked;
        spec.components = {{"observations", 0, 2}};
        store::TrajectoryWriter writer(path, store::Overwrite::refuse, spec,
                                       {{"test", "0", 0, {}}});
        for (std::size_t e = 0; e < lengths.size(); ++e) {
            std::vector<float> all_obs, all_act, all_rew;
            std::vector<std::int32_t> classes;
            std::vector<std::uint8_t> marks;
            const auto episode = static_cast<std::int64_t>(e);
            for (std::int64_t t = 0; t < lengths[e]; ++t) {
                all_obs.push_back(obs(episode, t, 0));
                all_obs.push_back(obs(episode, t, 1));
                all_act.push_back(act(episode, t));
                classes.push_back(act_class(episode, t));
                all_rew.push_back(static_cast<float>(t));
                for (std::int32_t k = 0; masked && k < 3; ++k)
                    marks.push_back(may(episode, t, k));
            }
            store::StepBlock block;
            block.steps = lengths[e];
            block.obs = all_obs;
            if (discrete) {
                block.classes = classes;
            } else {
                block.act = all_act;
            }
            block.rew = all_rew;
            block.may = marks;
            writer.append(block);
            writer.end_episode(store::End::terminated, {});
        }
        writer.finish(rule);
    }
};

}  // namespace mast::test
