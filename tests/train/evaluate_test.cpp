#include "train/evaluate.h"

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "base/stop.h"
#include "mask/catalogue.h"
#include "support/small_store.h"
#include "support/temp_dir.h"
#include "train/audit.h"
#include "train/linear_system.h"
#include "window/loader.h"

namespace mast::train {

using store::Modality;

namespace {

/// A network with all weights at zero: it predicts the mean, or every class alike.
model::Transformer blank(const std::vector<mask::Objective>& objectives, bool discrete,
                         std::int64_t obs_dim = 2) {
    model::ModelConfig config;
    config.layout = objectives.front().layout;
    config.channels[store::index_of(Modality::obs)] = {obs_dim, false};
    config.channels[store::index_of(Modality::act)] = {discrete ? 3 : 1, discrete};
    config.context = objectives.front().steps;
    config.layers = 1;
    config.heads = 1;
    config.width = 8;
    config.outputs = model::outputs_for(objectives);
    return model::Transformer(config);
}

/// Six episodes of 5 steps of noise, half of them held out; one action column.
void write_wide(const std::filesystem::path& path, std::int64_t obs_dim) {
    store::TrajectorySpec spec;
    spec.obs_dim = obs_dim;
    spec.act_dim = 1;
    spec.components = {{"observations", 0, obs_dim}};
    store::TrajectoryWriter writer(path, store::Overwrite::refuse, spec, {{"test", "0", 0, {}}});
    Random draws(9, "wide", 0);
    std::vector<float> obs(static_cast<std::size_t>(5 * obs_dim));
    std::vector<float> act(5);
    const std::vector<float> rew(5, 1.0F);
    for (int e = 0; e < 6; ++e) {
        for (auto* values : {&obs, &act}) {
            for (auto& value : *values)
                value = static_cast<float>(draws.normal());
        }
        store::StepBlock block;
        block.steps = 5;
        block.obs = obs;
        block.act = act;
        block.rew = rew;
        writer.append(block);
        writer.end_episode(store::End::terminated, {});
    }
    writer.finish({0.5, 0.0, 0});
}

std::string refusal(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_SUITE("train/evaluate") {
    TEST_CASE("each held-out step counts once, and a blank network is worth the mean") {
        const test::TempDir dir;
        test::LinearSystem{}.write(dir / "s.h5");  // 4 of 20 episodes of 30 steps held out
        const store::TrajectoryReader store(dir / "s.h5");
        const std::vector objectives{
            mask::make_objective("inverse", mask::Layout("obs,act"), 7),
            mask::make_objective("random:ratio=1,of=obs", mask::Layout("obs,act"), 7)};
        auto network = blank(objectives, false);
        const auto scores = evaluate(network, store, objectives, window::Scaler(store), {});
        REQUIRE(scores.size() == 2);
        CHECK(scores[0].objective == "inverse");
        CHECK(scores[0].target == Modality::act);
        CHECK(scores[1].target == Modality::obs);
        // Four windows of 7 steps in 30, without the last action of each; observations have 2
        // columns.
        CHECK(scores[0].count == 4 * 4 * 6);
        CHECK(scores[1].count == 4 * 4 * 7 * 2);
        // The mean over 16 episodes, taken over windows, is that of the scaler but for its edges.
        CHECK(scores[0].loss == doctest::Approx(scores[0].baseline_mean).epsilon(0.05));
        CHECK(scores[0].baseline_linear < 1e-6);
        CHECK(scores[1].baseline_linear < 0.5 * scores[1].baseline_mean);
    }

    TEST_CASE("values are seen through the run's scaler, not the store's") {
        const test::TempDir dir;
        test::LinearSystem{}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const std::vector objectives{mask::make_objective("inverse", mask::Layout("obs,act"), 7)};
        auto network = blank(objectives, false);
        // Half the scale and no shift: errors of a blank network are the squares of doubled values.
        const std::vector<float> half{0.5F};
        const window::Scaler scaler({{{0.0F, 0.0F}, {0.0F}, {}, {}}},
                                    {{{1.0F, 1.0F}, half, {}, {}}});
        const auto scores = evaluate(network, store, objectives, scaler, {});
        double sum = 0;
        std::int64_t count = 0;
        for (const auto& episode : store.episodes()) {
            if (episode.split != store::Split::val) continue;
            std::vector<float> act(static_cast<std::size_t>(episode.length));
            store.read(Modality::act, episode.start, episode.length, act);
            for (std::size_t t = 0; t < 28; ++t) {
                if (t % 7 == 6) continue;
                sum += 4 * static_cast<double>(act[t]) * static_cast<double>(act[t]);
                ++count;
            }
        }
        CHECK(scores[0].count == count);
        CHECK(scores[0].loss == doctest::Approx(sum / static_cast<double>(count)).epsilon(1e-5));
    }

    TEST_CASE("the same call gives the same bits") {
        const test::TempDir dir;
        test::SmallStore{{9, 8, 12, 3, 10, 7}, true, {0.4, 0.0, 1}}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const std::vector objectives{
            mask::make_objective("random:ratio=0.5", mask::Layout("obs,act"), 4)};
        auto network = blank(objectives, true);
        model::initialise(network.table(), network.config(), 3, network.values());
        const auto once = evaluate(network, store, objectives, window::Scaler(store), {});
        const auto again = evaluate(network, store, objectives, window::Scaler(store), {});
        REQUIRE(once.size() == 2);
        for (std::size_t i = 0; i < once.size(); ++i) {
            CHECK(once[i].loss == again[i].loss);
            CHECK(once[i].baseline_linear == again[i].baseline_linear);
            CHECK(once[i].count == again[i].count);
        }
    }

    TEST_CASE("a store of other observations or actions is refused by name") {
        const test::TempDir dir;
        test::LinearSystem{}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const std::vector objectives{mask::make_objective("inverse", mask::Layout("obs,act"), 7)};
        auto discrete = blank(objectives, true);
        CHECK(refusal([&] {
                  evaluate(discrete, store, objectives, window::Scaler(store), {});
              }).find("has 1 continuous actions, expected 3 discrete") != std::string::npos);
        auto config = blank(objectives, false).config();
        config.channels[0].dim = 3;
        model::Transformer wider(config);
        EvaluateOptions options;
        options.components = {{"position", 0, 1}, {"speed", 1, 1}, {"wind", 2, 1}};
        const auto text =
            refusal([&] { evaluate(wider, store, objectives, window::Scaler(store), options); });
        CHECK(text.find("2 columns [position (1), speed (1)]") != std::string::npos);
        CHECK(text.find("the 3 that the run was trained on [position (1), speed (1), wind (1)]") !=
              std::string::npos);
    }

    TEST_CASE("wide observations have no linear baseline, and all else") {
        const test::TempDir dir;
        const auto columns = AuditLimits{}.columns + 1;
        write_wide(dir / "s.h5", columns);
        const store::TrajectoryReader store(dir / "s.h5");
        const std::vector objectives{
            mask::make_objective("inverse", mask::Layout("obs,act"), 5),
            mask::make_objective("random:ratio=1,of=obs", mask::Layout("obs,act"), 5)};
        auto network = blank(objectives, false, columns);
        const auto scores = evaluate(network, store, objectives, window::Scaler(store), {});
        REQUIRE(scores.size() == 2);
        for (const auto& score : scores) {
            CHECK(score.loss > 0);
            CHECK(score.baseline_mean > 0);
            CHECK(score.baseline_last > 0);
            CHECK(std::isnan(score.baseline_linear));
        }
    }

    TEST_CASE("a wish to stop ends the fit of baselines, before any window is scored") {
        const test::TempDir dir;
        test::LinearSystem system;
        system.discrete = true;
        system.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const std::vector objectives{mask::make_objective("inverse", mask::Layout("obs,act"), 7)};
        auto network = blank(objectives, true);
        EvaluateOptions options;
        int calls = 0;
        int stop_at = -1;
        int calls_before_scoring = -1;
        options.between = [&] {
            if (++calls == stop_at) throw Interrupted{15};
        };
        options.progress = [&](std::int64_t /*done*/, std::int64_t /*total*/) {
            if (calls_before_scoring < 0) calls_before_scoring = calls;
        };
        evaluate(network, store, objectives, window::Scaler(store), options);
        // Two descents of 500 passes.
        CHECK(calls_before_scoring > 1000);
        calls = 0;
        calls_before_scoring = -1;
        stop_at = 900;
        CHECK_THROWS_AS(evaluate(network, store, objectives, window::Scaler(store), options),
                        Interrupted);
        CHECK(calls_before_scoring < 0);
    }

    TEST_CASE("no baseline is fitted that is not shown") {
        const test::TempDir dir;
        test::LinearSystem{}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const auto calls_of = [&](const char* spec) {
            const std::vector objectives{mask::make_objective(spec, mask::Layout("obs,act"), 7)};
            auto network = blank(objectives, false);
            EvaluateOptions options;
            int calls = 0;
            options.between = [&] { ++calls; };
            evaluate(network, store, objectives, window::Scaler(store), options);
            return calls;
        };
        CHECK(calls_of("forward") > 0);
        CHECK(calls_of("forward:target=latent") == 0);
    }
}

}  // namespace mast::train
