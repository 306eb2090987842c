#include "apply/probe.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <vector>

#include "apply/run.h"
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
}

}  // namespace mast::apply
