#include "window/scaler.h"

#include <doctest/doctest.h>

#include <cmath>

#include "support/small_store.h"
#include "support/temp_dir.h"

namespace mast::window {

using store::Modality;

TEST_SUITE("window/scaler") {
    TEST_CASE("columns are standardised by their own mean and scale, and restored") {
        const Scaler scaler({{{10, -1}, {}, {}, {}}}, {{{2, 0.5F}, {}, {}, {}}});
        std::vector<float> values{14, -1, 8, 0};
        scaler.standardise(Modality::obs, values);
        CHECK(values == std::vector<float>{2, 0, -1, 2});
        scaler.restore(Modality::obs, values);
        CHECK(values == std::vector<float>{14, -1, 8, 0});
        // Without numbers there is nothing to do.
        std::vector<float> none;
        scaler.standardise(Modality::act, none);
    }

    TEST_CASE("a store's train split has mean 0 and deviation 1 afterwards") {
        const test::TempDir dir;
        test::SmallStore{{4}, false, {0.0, 0.0, 0}}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const Scaler scaler(store);
        // obs: 0 1 2 3 and 0 -1 -2 -3: mean 1.5, variance 5/4.
        CHECK(scaler.mean(Modality::obs)[0] == doctest::Approx(1.5));
        CHECK(scaler.mean(Modality::obs)[1] == doctest::Approx(-1.5));
        CHECK(scaler.scale(Modality::obs)[0] == doctest::Approx(std::sqrt(1.25)));
        CHECK(scaler.scale(Modality::act)[0] == doctest::Approx(std::sqrt(1.25) / 8));
        CHECK(scaler.mean(Modality::rew)[0] == doctest::Approx(1.5));
    }

    TEST_CASE("a column that hardly varies is not blown up") {
        const test::TempDir dir;
        // One step: every column is constant.
        test::SmallStore{{1}, false, {0.0, 0.0, 0}}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const Scaler scaler(store);
        CHECK(scaler.scale(Modality::obs)[0] == 1);
        std::vector<float> row{test::SmallStore::obs(0, 0, 0), test::SmallStore::obs(0, 0, 1)};
        scaler.standardise(Modality::obs, row);
        CHECK(row == std::vector<float>{0, 0});
    }

    TEST_CASE("discrete actions have no scale") {
        const test::TempDir dir;
        test::SmallStore{{5}, true, {0.0, 0.0, 0}}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        CHECK(Scaler(store).mean(Modality::act).empty());
    }
}

}  // namespace mast::window
