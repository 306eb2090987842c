#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <vector>

#include "dynamics/cartpole.h"
#include "dynamics/pendulum.h"
#include "ingest/ingest.h"
#include "store/trajectories.h"
#include "support/temp_dir.h"

namespace mast::test {

namespace {

/// One recorded transition inside an episode.
struct Transition {
    std::vector<float> obs, next;
    double action;
    double reward;
    bool last;  ///< the episode terminated with it
};

using Visit = std::function<void(const Transition&)>;

double action_at(const store::TrajectoryReader& store, std::int64_t row) {
    if (store.spec().action_kind == store::ActionKind::discrete) {
        std::vector<std::int32_t> number(1);
        store.read_classes(row, 1, number);
        return number[0];
    }
    std::vector<float> value(1);
    store.read(store::Modality::act, row, 1, value);
    return static_cast<double>(value[0]);
}

void for_each_transition(const store::TrajectoryReader& store, const Visit& visit) {
    const auto columns = static_cast<std::size_t>(store.spec().obs_dim);
    for (std::size_t e = 0; e < store.episodes().size(); ++e) {
        const auto& episode = store.episodes()[e];
        std::vector<float> final_obs(columns);
        const bool known = store.read_final_obs(static_cast<std::int64_t>(e), final_obs);
        for (std::int64_t t = 0; t + (known ? 0 : 1) < episode.length; ++t) {
            const auto row = episode.start + t;
            Transition step{std::vector<float>(columns), final_obs, action_at(store, row), 0,
                            t + 1 == episode.length && episode.end == store::End::terminated};
            std::vector<float> reward(1);
            store.read(store::Modality::obs, row, 1, step.obs);
            store.read(store::Modality::rew, row, 1, reward);
            step.reward = static_cast<double>(reward[0]);
            if (t + 1 < episode.length) store.read(store::Modality::obs, row + 1, 1, step.next);
            visit(step);
        }
    }
}

/// Visits every transition of recorded data; false where they are absent.
bool visit_recorded(const std::filesystem::path& source, const Visit& visit) {
    if (!std::filesystem::exists(source)) {
        MESSAGE("skipped: " << source.filename() << " is not here");
        return false;
    }
    const TempDir dir;
    const bool folder = std::filesystem::is_directory(source);
    ingest::ingest({folder ? source / "data/main_data.hdf5" : source}, dir / "s.h5", {});
    for_each_transition(store::TrajectoryReader(dir / "s.h5"), visit);
    return true;
}

std::filesystem::path of_clone(const char* name) {
    return std::filesystem::path(MAST_SOURCE_DIR) / "tests/dynamics" / name;
}
/// Data that are not part of the clone.
std::filesystem::path shared(const char* name) {
    return std::filesystem::path(MAST_SOURCE_DIR) / "../shared/data" / name;
}

std::int64_t check_cartpole(const std::filesystem::path& source) {
    Cartpole system;
    std::int64_t steps = 0;
    visit_recorded(source, [&](const Transition& step) {
        system.set({static_cast<double>(step.obs[0]), static_cast<double>(step.obs[1]),
                    static_cast<double>(step.obs[2]), static_cast<double>(step.obs[3])});
        const auto outcome = system.step({step.action});
        const auto next = system.observation();
        // States were recorded in single precision.
        for (std::size_t d = 0; d < 4; ++d)
            REQUIRE(std::abs(next[d] - step.next[d]) < 1e-6F);
        REQUIRE(outcome.reward == step.reward);
        REQUIRE(outcome.terminated == step.last);
        ++steps;
    });
    return steps;
}

}  // namespace

TEST_SUITE("dynamics") {
    TEST_CASE("the cart-pole steps as it was recorded") {
        CHECK(check_cartpole(of_clone("pole.hdf5")) == 59);
        const auto steps = check_cartpole(shared("cartpole-minari"));
        CHECK((steps == 18330 || steps == 0));
    }

    TEST_CASE("the pendulum steps as it was recorded") {
        Pendulum system;
        std::int64_t steps = 0;
        const bool there = visit_recorded(shared("pendulum-minari"), [&](const Transition& step) {
            system.set(
                std::atan2(static_cast<double>(step.obs[1]), static_cast<double>(step.obs[0])),
                static_cast<double>(step.obs[2]));
            const auto outcome = system.step({step.action});
            const auto next = system.observation();
            for (std::size_t d = 0; d < 3; ++d)
                REQUIRE(std::abs(next[d] - step.next[d]) < 3e-6F);
            REQUIRE(outcome.reward == doctest::Approx(step.reward).epsilon(1e-5));
            ++steps;
        });
        if (there) CHECK(steps == 30000);
    }

    TEST_CASE("a pole at rest falls to the side that its cart leaves") {
        // By hand: theta'' = -10 / 1.1 / (0.5 * (4/3 - 0.1 / 1.1)), x'' = 10 / 1.1 - 0.05 theta''
        // / 1.1.
        Cartpole system;
        system.set({0, 0, 0, 0});
        system.step({1});
        const double angular = -10 / 1.1 / (0.5 * (4.0 / 3.0 - 0.1 / 1.1));
        CHECK(system.observation()[1] ==
              doctest::Approx(0.02 * (10 / 1.1 - 0.05 * angular / 1.1)).epsilon(1e-6));
        CHECK(system.observation()[3] == doctest::Approx(0.02 * angular).epsilon(1e-6));
    }

    TEST_CASE("a pendulum keeps its energy but for the step") {
        Pendulum system;
        system.set(std::numbers::pi - 0.1, 0);
        const auto energy = [&] {
            const auto obs = system.observation();
            return 0.5 * static_cast<double>(obs[2] * obs[2]) / 3 + 5 * static_cast<double>(obs[0]);
        };
        const double before = energy();
        for (int t = 0; t < 200; ++t)
            system.step({0});
        CHECK(energy() == doctest::Approx(before).epsilon(0.01));
    }

    TEST_CASE("an episode's first state is that of its seed and number") {
        for (const auto* name : {"cartpole", "pendulum"}) {
            const auto one = make_system(name);
            const auto other = make_system(name);
            one->reset(3, 7);
            other->reset(3, 7);
            CHECK(one->observation() == other->observation());
            other->reset(3, 8);
            CHECK(one->observation() != other->observation());
        }
        CHECK(make_system("walker") == nullptr);
    }
}

}  // namespace mast::test
