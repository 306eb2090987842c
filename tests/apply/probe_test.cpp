#include "apply/probe.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <functional>
#include <vector>

#include "apply/run.h"
#include "base/random.h"
#include "base/stop.h"
#include "support/small_store.h"
#include "support/temp_dir.h"
#include "train/linear_system.h"

namespace mast::apply {

using store::Modality;

namespace {

std::vector<Modality> targets_of(const std::vector<train::Score>& scores) {
    std::vector<Modality> targets;
    for (const auto& score : scores)
        targets.push_back(score.target);
    return targets;
}

const train::Score& of_rewards(const std::vector<train::Score>& scores) {
    const auto found = std::find_if(scores.begin(), scores.end(), [](const auto& score) {
        return score.target == Modality::rew;
    });
    REQUIRE(found != scores.end());
    return *found;
}

/// Noise in all columns; of an observation that is already there `reward` makes the reward, and may
/// change the observation.
struct NoiseStore {
    std::vector<std::int64_t> lengths;
    std::function<float(std::size_t episode, std::span<float> obs)> reward;
    std::int64_t obs_dim = 2;

    void write(const std::filesystem::path& path) const {
        store::TrajectorySpec spec;
        spec.obs_dim = obs_dim;
        spec.act_dim = 1;
        spec.components = {{"observations", 0, obs_dim}};
        store::TrajectoryWriter writer(path, store::Overwrite::refuse, spec,
                                       {{"test", "0", 0, {}}});
        Random draws(11, "probe test", 0);
        const auto columns = static_cast<std::size_t>(obs_dim);
        for (std::size_t e = 0; e < lengths.size(); ++e) {
            const auto steps = static_cast<std::size_t>(lengths[e]);
            std::vector<float> obs(steps * columns);
            std::vector<float> act(steps);
            std::vector<float> rew(steps);
            for (auto* values : {&obs, &act}) {
                for (auto& value : *values)
                    value = static_cast<float>(draws.normal());
            }
            for (std::size_t t = 0; t < steps; ++t)
                rew[t] = reward(e, std::span(obs).subspan(t * columns, columns));
            store::StepBlock block;
            block.steps = lengths[e];
            block.obs = obs;
            block.act = act;
            block.rew = rew;
            writer.append(block);
            writer.end_episode(store::End::terminated, {});
        }
        writer.finish({0.3, 0.0, 0});
    }
};

/// Whose representation of a step tells of its own observation alone, and that almost linearly: its
/// blocks add nothing, and what the last norm divides by hardly depends on the observation.
model::Transformer own_step_network(const mask::Objective& objective) {
    auto network = test::random_network({objective}, false);
    const auto& table = network.table();
    std::fill(network.values().begin(), network.values().end(), 0.0F);
    const auto values_of = [&](const char* name) {
        return table.of(network.values(), table.find(name));
    };
    const auto gain = values_of("ln_f.weight");
    std::fill(gain.begin(), gain.end(), 1.0F);
    const auto bias = values_of("embed.obs.bias");
    for (std::size_t c = 0; c < bias.size(); ++c)
        bias[c] = c % 2 == 0 ? 1.0F : -1.0F;
    const auto weight = values_of("embed.obs.weight");  // (C, 2)
    weight[0] = 0.01F;
    weight[3] = 0.01F;
    return network;
}

}  // namespace

TEST_SUITE("apply/probe") {
    TEST_CASE("what the row of an observation sees is not probed") {
        const test::TempDir dir;
        test::SmallStore{{9, 8, 12, 9, 10, 7}, false, {0.4, 0.0, 1}}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const auto probed = [&](const char* spec, const char* tokens) {
            const std::vector objectives{mask::make_objective(spec, mask::Layout(tokens), 4)};
            auto network = test::random_network(objectives, false);
            return targets_of(probe(network, store, objectives.front(), window::Scaler(store), {}));
        };
        using All = std::vector<Modality>;
        CHECK(probed("policy", "obs,act") == All{Modality::act, Modality::rew, Modality::rtg});
        CHECK(probed("random", "obs,act") == All{Modality::rew, Modality::rtg});
    }

    TEST_CASE("a map from the observation is that of least squares, and chance is the mean") {
        const test::TempDir dir;
        test::LinearSystem{40, 30, false, 0.2}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const std::vector objectives{mask::make_objective("policy", mask::Layout("obs,act"), 5)};
        auto network = test::random_network(objectives, false);
        const auto scores = probe(network, store, objectives.front(), window::Scaler(store), {});
        // Rewards are all 1 and so not probed. Actions are random: nothing can tell them.
        REQUIRE(targets_of(scores) == std::vector{Modality::act, Modality::rtg});
        CHECK(scores[0].count == 8 * 30);
        CHECK(scores[0].objective == "probe:policy");
        CHECK(scores[0].loss == doctest::Approx(scores[0].baseline_mean).epsilon(0.1));
        CHECK(scores[0].baseline_linear == doctest::Approx(scores[0].baseline_mean).epsilon(0.05));
    }

    TEST_CASE("classes are told by their cross entropy") {
        const test::TempDir dir;
        test::LinearSystem{30, 20, true, 0.2}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const std::vector objectives{mask::make_objective("policy", mask::Layout("obs,act"), 5)};
        auto network = test::random_network(objectives, true);
        const auto scores = probe(network, store, objectives.front(), window::Scaler(store), {});
        REQUIRE(scores.at(0).target == Modality::act);
        std::array<double, 3> seen{};
        std::array<double, 3> asked{};
        for (const auto& episode : store.episodes()) {
            std::vector<std::int32_t> classes(static_cast<std::size_t>(episode.length));
            store.read_classes(episode.start, episode.length, classes);
            for (const auto number : classes)
                ++(episode.split == store::Split::train ? seen : asked)
                      .at(static_cast<std::size_t>(number));
        }
        double nats = 0;
        for (std::size_t k = 0; k < 3; ++k)
            nats -= asked.at(k) / (6 * 20) * std::log(seen.at(k) / (24 * 20));
        CHECK(scores[0].count == 6 * 20);
        CHECK(scores[0].baseline_mean == doctest::Approx(nats).epsilon(1e-4));
        CHECK(scores[0].loss < nats + 0.1);
    }

    TEST_CASE("a step is read from its own representation") {
        const test::TempDir dir;
        // Shorter than a window, as long, longer; observations of other steps tell nothing.
        NoiseStore noise{{}, [](std::size_t /*episode*/, std::span<float> obs) {
                             return 0.6F * obs[0] - 0.8F * obs[1];
                         }};
        for (std::int64_t e = 0; e < 60; ++e)
            noise.lengths.push_back(1 + e % 17);
        noise.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        for (const char* spec : {"policy", "inverse"}) {
            CAPTURE(spec);
            const auto objective = mask::make_objective(spec, mask::Layout("obs,act"), 6);
            auto network = own_step_network(objective);
            for (const std::int64_t most : {train::kEnoughRows, std::int64_t{90}}) {
                CAPTURE(most);
                ProbeOptions options;
                options.most = most;
                const auto score =
                    of_rewards(probe(network, store, objective, window::Scaler(store), options));
                CHECK(score.loss < 1e-4);
                CHECK(score.baseline_linear < 1e-6);
                CHECK(score.baseline_mean > 0.5);
            }
        }
    }

    TEST_CASE("where there are more steps than are fitted, they are drawn from the whole store") {
        const test::TempDir dir;
        // As of two files: a column and the reward tell which.
        const NoiseStore halves{std::vector<std::int64_t>(40, 20),
                                [](std::size_t episode, std::span<float> obs) {
                                    obs[1] = episode < 20 ? -1.0F : 1.0F;
                                    return obs[1] + 0.01F * obs[0];
                                }};
        halves.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const auto objective = mask::make_objective("policy", mask::Layout("obs,act"), 4);
        auto network = own_step_network(objective);
        ProbeOptions options;
        options.most = 100;  // the first 100 are of the first half
        std::int64_t parts = 0;
        options.progress = [&](std::int64_t /*done*/, std::int64_t total) {
            if (parts == 0) parts = total;
        };
        const auto ask = [&] {
            return of_rewards(probe(network, store, objective, window::Scaler(store), options));
        };
        const auto score = ask();
        CHECK(score.loss < 0.01);
        CHECK(score.baseline_linear < 0.01);
        CHECK(score.baseline_mean < 1.5);  // 2 by the mean of one half
        // Of 2 steps each, but for 4 at the beginning of an episode.
        CHECK(parts >= 25);
        CHECK(parts <= 50);
        CHECK(ask().loss == score.loss);
    }

    TEST_CASE("wide observations are not fitted, and their representations are") {
        const test::TempDir dir;
        const auto columns = train::kMostFitColumns + 1;
        NoiseStore{{5, 5, 5, 5, 5, 5},
                   [](std::size_t /*episode*/, std::span<float> obs) { return obs[0]; },
                   columns}
            .write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const auto objective = mask::make_objective("policy", mask::Layout("obs,act"), 4);
        auto config = test::random_network({objective}, false).config();
        config.channels[store::index_of(Modality::obs)].dim = columns;
        model::Transformer network(config);
        model::initialise(network.table(), network.config(), 3, network.values());
        const auto score = of_rewards(probe(network, store, objective, window::Scaler(store), {}));
        CHECK(std::isfinite(score.loss));
        CHECK(std::isfinite(score.baseline_mean));
        CHECK(std::isnan(score.baseline_linear));
    }

    TEST_CASE("a wish to stop ends the fit") {
        const test::TempDir dir;
        test::SmallStore{{9, 8, 12, 9, 10, 7}, true, {0.4, 0.0, 1}}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const std::vector objectives{mask::make_objective("policy", mask::Layout("obs,act"), 4)};
        auto network = test::random_network(objectives, true);
        ProbeOptions options;
        int calls = 0;
        int batches = 0;
        options.between = [&] {
            if (++calls == 1000) throw Interrupted{15};  // three descents of 500 passes
        };
        options.progress = [&](std::int64_t /*done*/, std::int64_t /*total*/) { ++batches; };
        CHECK_THROWS_AS(probe(network, store, objectives.front(), window::Scaler(store), options),
                        Interrupted);
        CHECK(batches == 1);
    }
}

}  // namespace mast::apply
