// Masks that published systems use or could use, and whether information gets through. The expected
// answers were computed by boolean reachability outside of this project, and checked there by
// perturbing tokens of random networks.
#include <doctest/doctest.h>

#include <algorithm>

#include "mask/attention.h"
#include "mask/leak.h"
#include "mask/support.h"

namespace mast::mask {

namespace {

/// Causal, but each observation o_t+k does not see the tokens at the given offsets behind o_t (also
/// where that lies before the window), and predicts a_t. Offset 0 is o_t itself.
Objective hiding(const std::string& layout, const std::vector<std::int64_t>& offsets,
                 std::int64_t k = 1, bool both_ways = false) {
    Objective objective = objective_of("policy", 10, layout);
    const auto n = objective.tokens();
    const auto per_step = objective.layout.per_step();
    if (both_ways) objective.attend = full_attention(n);
    std::fill(objective.readout.begin(), objective.readout.end(), kNoReadout);
    for (std::int64_t t = 1 - k; t + k < objective.steps; ++t) {
        const auto from = t * per_step + objective.layout.slot(Modality::obs);
        const auto row = from + k * per_step;
        for (const auto offset : offsets) {
            if (from + offset >= 0)
                objective.attend[static_cast<std::size_t>(row * n + from + offset)] = 0;
        }
        if (t < 0) continue;
        const auto action = objective.layout.token(t, Modality::act);
        objective.readout[static_cast<std::size_t>(action)] = row;
    }
    return objective;
}

/// The depth at which the first target arrives at its row; 0: none does at any depth.
std::int64_t depth_of(const Objective& objective) {
    std::int64_t depth = 0;
    for (const auto& leak : find_leaks(objective, objective.tokens()))
        depth = depth == 0 ? leak.layers : std::min(depth, leak.layers);
    return depth;
}

}  // namespace

TEST_SUITE("mask/leak_table") {
    TEST_CASE("SMART's inverse mask hides the action at every depth, at no other row") {
        auto objective = objective_of("inverse", 30);
        CHECK(find_leaks(objective, 12).empty());
        CHECK(depth_of(objective) == 0);
        for (std::int64_t t = 0; t + 2 < 30; ++t) {
            const auto action = static_cast<std::size_t>(2 * t + 1);
            for (const std::int64_t row : {2 * t + 1, 2 * t + 3, 2 * t + 4}) {
                auto other = objective;
                std::fill(other.readout.begin(), other.readout.end(), kNoReadout);
                other.readout[action] = row;
                CHECK(find_leaks(other, 2).size() == 1);
            }
        }
    }

    TEST_CASE("the article's bands hide the action, and wider ones the observation too") {
        for (std::int64_t width = 1; width <= 7; ++width) {
            const auto objective = objective_of("inverse:rm_idx=" + std::to_string(width), 8);
            CHECK(depth_of(objective) == 0);
            const bool sees_obs = objective.attend[2 * 16 + 0] != 0;
            CHECK(sees_obs == (width == 1));
        }
    }

    TEST_CASE("in the Decision Transformer's layout the next return tells") {
        CHECK(depth_of(hiding("rtg,obs,act", {2})) == 1);  // R_t+1 alone hidden
        CHECK(depth_of(hiding("rtg,obs,act", {1})) == 2);  // a_t alone: through R_t+1
        CHECK(depth_of(hiding("rtg,obs,act", {1, 2})) == 0);
    }

    TEST_CASE("a reward after the action tells, one before it does not") {
        CHECK(depth_of(hiding("obs,act,rew", {2})) == 1);  // r_t alone hidden
        CHECK(depth_of(hiding("obs,act,rew", {1})) == 2);  // a_t alone: through r_t
        CHECK(depth_of(hiding("obs,act,rew", {1, 2})) == 0);
        CHECK(depth_of(hiding("obs,rew,act", {2})) == 0);  // a_t, with r_t before it
    }

    TEST_CASE("over k steps all actions between must be hidden") {
        for (std::int64_t k = 2; k <= 4; ++k) {
            CHECK(depth_of(hiding("obs,act", {1}, k)) == 2);  // a_t alone: through a later token
            std::vector<std::int64_t> actions;
            std::vector<std::int64_t> band;
            std::vector<std::int64_t> narrow;
            for (std::int64_t offset = 1; offset < 2 * k; ++offset) {
                band.push_back(offset);
                if (offset % 2 == 1) actions.push_back(offset);
                if (offset >= k) narrow.push_back(offset);
            }
            CHECK(depth_of(hiding("obs,act", actions, k)) == 0);
            CHECK(depth_of(hiding("obs,act", band, k)) == 0);
            CHECK(depth_of(hiding("obs,act", narrow, k)) == 1);
        }
    }

    TEST_CASE("where all see all, attention hides nothing and tokens must be replaced") {
        CHECK(depth_of(hiding("obs,act", {1}, 1, true)) == 2);
        // A row carries its own token past the attention, even where it does not look at itself.
        auto own = objective_of("random:ratio=0.5", 4);
        for (std::int64_t i = 0; i < 8; ++i)
            own.attend[static_cast<std::size_t>(i * 8 + i)] = 0;
        CHECK(find_leaks(own, 8).empty());
        own.target = Target::always;
        CHECK(find_leaks(own, 8).size() == 8);
    }
}

}  // namespace mast::mask
