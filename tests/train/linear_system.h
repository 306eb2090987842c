// A store of a linear system under random actions, o_t+1 = A o_t + b a_t: an action is a linear map
// of the observations around it, and so is the next observation of what came before.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/random.h"
#include "store/trajectories.h"

namespace mast::test {

struct LinearSystem {
    std::int64_t episodes = 20;
    std::int64_t length = 30;
    bool discrete = false;  ///< actions -1, 0 and 1 as classes, each twice as likely to be repeated
    double val = 0.2;

    void write(const std::filesystem::path& path) const {
        store::TrajectorySpec spec;
        spec.obs_dim = 2;
        spec.act_dim = discrete ? 3 : 1;
        spec.action_kind = discrete ? store::ActionKind::discrete : store::ActionKind::continuous;
        spec.components = {{"position", 0, 1}, {"speed", 1, 1}};
        store::TrajectoryWriter writer(path, store::Overwrite::refuse, spec,
                                       {{"test", "0", 0, {}}});
        for (std::int64_t e = 0; e < episodes; ++e) {
            Random draws(7, "linear system", static_cast<std::uint64_t>(e));
            write_episode(draws, writer);
        }
        writer.finish({val, 0.0, 0});
    }

  private:
    void write_episode(Random& draws, store::TrajectoryWriter& writer) const {
        std::array<double, 2> state{draws.normal(), draws.normal()};
        std::vector<float> obs, act, rew;
        std::vector<std::int32_t> classes;
        std::int32_t last = 1;
        for (std::int64_t t = 0; t < length; ++t) {
            const auto drawn = static_cast<std::int32_t>(draws.below(6));
            last = drawn < 3 ? drawn : last;
            const double action = discrete ? last - 1 : 2 * draws.uniform() - 1;
            obs.push_back(static_cast<float>(state[0]));
            obs.push_back(static_cast<float>(state[1]));
            act.push_back(static_cast<float>(action));
            classes.push_back(last);
            rew.push_back(1.0F);
            state = {0.9 * state[0] + 0.3 * state[1], -0.3 * state[0] + 0.8 * state[1] + action};
        }
        store::StepBlock block;
        block.steps = length;
        block.obs = obs;
        if (discrete) {
            block.classes = classes;
        } else {
            block.act = act;
        }
        block.rew = rew;
        writer.append(block);
        const std::array<float, 2> final_obs{static_cast<float>(state[0]),
                                             static_cast<float>(state[1])};
        writer.end_episode(store::End::truncated, final_obs);
    }
};

}  // namespace mast::test
