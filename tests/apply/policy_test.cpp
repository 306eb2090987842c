#include "apply/policy.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "apply/run.h"
#include "base/error.h"
#include "support/temp_dir.h"
#include "window/loader.h"

namespace mast::apply {

using store::Modality;

namespace {

constexpr std::int64_t kSteps = 11;
constexpr double kDiscount = 0.9;

float reward(std::int64_t t) {
    return static_cast<float>(t % 3) - 0.5F;
}
std::vector<float> observation(std::int64_t t) {
    return {static_cast<float>(t % 4) * 0.3F, 1.0F - static_cast<float>(t) * 0.1F};
}
double return_of_all() {
    double sum = 0;
    for (std::int64_t t = kSteps; t-- > 0;)
        sum = static_cast<double>(reward(t)) + kDiscount * sum;
    return sum;
}

train::Run make_run(const std::string& tokens, bool discrete) {
    const std::vector objectives{mask::make_objective("policy", mask::Layout(tokens), 4)};
    train::RunConfig config;
    config.scaler = window::Scaler({{{0.1F, 0.2F}, {0.5F}, {0.1F}, {0.3F}}},
                                   {{{0.5F, 2.0F}, {0.7F}, {0.6F}, {0.9F}}});
    config.objectives = {"policy"};
    config.acting.discount = kDiscount;
    config.components = {{"angle", 0, 1}, {"speed", 1, 1}};
    train::Run run{config, test::random_network(objectives, discrete)};
    // Heads begin at zero.
    Random random(1, "policy test", 0);
    for (auto& value : run.model.values())
        value += 0.2F * static_cast<float>(random.normal());
    return run;
}

/// Acts for an episode: what was done at each step.
std::vector<Action> act_out(train::Run& run) {
    Policy policy(run, "run", return_of_all());
    std::vector<Action> actions;
    for (std::int64_t t = 0; t < kSteps; ++t) {
        const auto obs = observation(t);
        const auto last = t == 0 ? std::nullopt : std::optional<double>(reward(t - 1));
        actions.push_back(policy.act({obs, last, {}, {}}));
    }
    return actions;
}

/// The episode as it went, as a recording.
void record(const std::vector<Action>& actions, bool discrete, const std::filesystem::path& path) {
    store::TrajectorySpec spec;
    spec.obs_dim = 2;
    spec.act_dim = discrete ? 3 : 1;
    spec.action_kind = discrete ? store::ActionKind::discrete : store::ActionKind::continuous;
    spec.discount = kDiscount;
    spec.components = {{"angle", 0, 1}, {"speed", 1, 1}};
    store::TrajectoryWriter writer(path, store::Overwrite::refuse, spec, {{"test", "0", 0, {}}});
    std::vector<float> obs, act, rew;
    std::vector<std::int32_t> classes;
    for (std::int64_t t = 0; t < kSteps; ++t) {
        const auto& action = actions[static_cast<std::size_t>(t)];
        for (const float value : observation(t))
            obs.push_back(value);
        act.insert(act.end(), action.values.begin(), action.values.end());
        classes.push_back(action.number);
        rew.push_back(reward(t));
    }
    if (!discrete) classes.clear();
    writer.append({kSteps, obs, act, classes, rew});
    writer.end_episode(store::End::terminated, {});
    writer.finish({0.0, 0.0, 0});
}

/// What predict() says of the last action of each window is what was done then.
void check_against_recording(const std::string& tokens, bool discrete) {
    CAPTURE(tokens);
    auto run = make_run(tokens, discrete);
    const auto actions = act_out(run);
    const test::TempDir dir;
    record(actions, discrete, dir / "s.h5");
    const store::TrajectoryReader store(dir / "s.h5");
    const std::vector objectives{mask::make_objective("policy", mask::Layout(tokens), 4)};
    window::Loader loader(store, store::Split::train, 4, objectives.front().layout.modalities(), 0,
                          {run.config.scaler});
    mask::Batch batch;
    model::Predictions predictions;
    for (std::int64_t start = 0; start + 4 <= kSteps; ++start) {
        loader.load_in_order(start, 1, batch.windows);
        mask::mask_windows(objectives, {}, batch);
        run.model.predict(batch, 0, predictions);
        auto values = predictions[Modality::act].values;
        const auto columns = values.size() / 4;
        for (std::int64_t t = start == 0 ? 0 : 3; t < 4; ++t) {
            const auto& done = actions[static_cast<std::size_t>(start + t)];
            const auto said =
                std::span(values).subspan(static_cast<std::size_t>(t) * columns, columns);
            if (discrete) {
                CHECK(std::max_element(said.begin(), said.end()) - said.begin() == done.number);
            } else {
                run.config.scaler.restore(Modality::act, said);
                CHECK(said[0] ==
                      doctest::Approx(static_cast<double>(done.values[0])).epsilon(1e-4));
            }
        }
    }
}

std::string refusal(Policy& policy, const Observed& observed) {
    try {
        policy.act(observed);
    } catch (const DataError& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_SUITE("apply/policy") {
    TEST_CASE("an episode acted out is one that the network would predict") {
        for (const auto* tokens : {"obs,act", "rtg,obs,act", "obs,rtg,act", "obs,act,rew",
                                   "rtg,obs,act,rew", "obs,act,rtg"}) {
            check_against_recording(tokens, false);
            check_against_recording(tokens, true);
        }
    }

    TEST_CASE("the return asked for matters, and is counted down") {
        auto run = make_run("rtg,obs,act", false);
        const auto obs = observation(0);
        Policy low(run, "run", -5.0);
        Policy high(run, "run", std::nullopt);
        const auto said = low.act({obs, {}, {}, {}}).values;
        CHECK(high.act({obs, {}, 5.0, {}}).values != said);
        // From 5 after a reward of 1.4, so told or so counted.
        Policy told(run, "run", 5.0);
        Policy counted(run, "run", 5.0);
        told.act({obs, {}, {}, {}});
        counted.act({obs, {}, {}, {}});
        CHECK(told.act({obs, {}, 4.0, {}}).values == counted.act({obs, 1.4, {}, {}}).values);
    }

    TEST_CASE("a reset forgets the episode") {
        auto run = make_run("obs,act", false);
        Policy policy(run, "run", {});
        const auto obs = observation(0);
        const auto first = policy.act({obs, {}, {}, {}}).values;
        CHECK(policy.act({obs, {}, {}, {}}).values != first);
        policy.reset();
        CHECK(policy.act({obs, {}, {}, {}}).values == first);
    }

    TEST_CASE("actions stay within what was recorded, and say so") {
        auto run = make_run("obs,act", false);
        const auto obs = observation(0);
        const auto free = Policy(run, "run", {}).act({obs, {}, {}, {}});
        CHECK_FALSE(free.clipped);
        run.config.acting.least = {free.values[0] + 1};
        run.config.acting.most = {free.values[0] + 2};
        const auto bound = Policy(run, "run", {}).act({obs, {}, {}, {}});
        CHECK(bound.clipped);
        CHECK(bound.values[0] == run.config.acting.least[0]);
    }

    TEST_CASE("a class that is not valid is not chosen") {
        auto run = make_run("obs,act", true);
        const auto obs = observation(0);
        std::vector<std::uint8_t> may(3, 1);
        std::vector<bool> chosen(3, false);
        for (int i = 0; i < 3; ++i) {
            const auto number =
                static_cast<std::size_t>(Policy(run, "run", {}).act({obs, {}, {}, may}).number);
            CHECK_FALSE(chosen[number]);
            CHECK(may[number] == 1);
            chosen[number] = true;
            may[number] = 0;
        }
        Policy policy(run, "run", {});
        CHECK(refusal(policy, {obs, {}, {}, may}) ==
              "action_mask allows no action, expected at least one");
    }

    TEST_CASE("what does not fit is refused and changes nothing") {
        auto run = make_run("rtg,obs,act", false);
        const auto obs = observation(0);
        const std::vector<float> longer(3, 0.0F);
        Policy policy(run, "run", {});
        CHECK(refusal(policy, {longer, {}, 1.0, {}}) ==
              "obs has 3 numbers, expected 2: angle (1), speed (1)");
        CHECK(refusal(policy, {obs, {}, {}, {}}).starts_with("rtg is missing"));
        CHECK(refusal(policy, {obs, {}, 1e39, {}}).starts_with("the return to go is"));
        CHECK(refusal(policy, {obs, {}, 1.0, {1, 1}}).starts_with("action_mask is given"));
        const std::vector<float> hole{0.0F, std::numeric_limits<float>::infinity()};
        CHECK(refusal(policy, {hole, {}, 1.0, {}}) == "obs is not finite, expected numbers");
        const auto first = policy.act({obs, {}, 1.0, {}}).values;
        CHECK(refusal(policy, {obs, {}, {}, {}}).starts_with("reward is missing"));
        const auto second = policy.act({obs, 0.5, {}, {}}).values;
        policy.reset(1.0);
        CHECK(policy.act({obs, {}, {}, {}}).values == first);
        CHECK(policy.act({obs, 0.5, {}, {}}).values == second);
    }

    TEST_CASE("what cannot act says why") {
        auto late = make_run("rew,obs,act", false);
        CHECK_THROWS_WITH_AS(
            Policy(late, "run", {}),
            "run: its tokens are rew,obs,act, so that rew of a step stands before its observation, "
            "expected it behind (it is known only after the action)",
            UsageError);
        const std::vector objectives{mask::make_objective("inverse", mask::Layout("obs,act"), 4)};
        train::Run other{{}, test::random_network(objectives, false)};
        CHECK_THROWS_WITH_AS(Policy(other, "run", {}),
                             "run: has no head policy.act, expected a run with the objective "
                             "policy (mast finetune makes one of it)",
                             UsageError);
    }
}

}  // namespace mast::apply
