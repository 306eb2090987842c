#include "train/schedule.h"

#include <doctest/doctest.h>

#include <cmath>

namespace mast::train {

TEST_SUITE("train/schedule") {
    TEST_CASE("the rate rises in a line, falls in a cosine, and ends at a tenth") {
        const Schedule schedule{2.0, 4, 12, 0.1};
        CHECK(schedule.at(1) == doctest::Approx(0.5));
        CHECK(schedule.at(2) == doctest::Approx(1.0));
        CHECK(schedule.at(4) == doctest::Approx(2.0));
        // A quarter of the way the cosine is at (1 + sqrt(1/2)) / 2, half-way at 1/2.
        CHECK(schedule.at(6) == doctest::Approx(2 * (0.1 + 0.9 * (1 + std::sqrt(0.5)) / 2)));
        CHECK(schedule.at(8) == doctest::Approx(2 * 0.55));
        CHECK(schedule.at(12) == doctest::Approx(0.2));
        CHECK(schedule.at(500) == doctest::Approx(0.2));
    }

    TEST_CASE("without a warm-up the first step is already on the cosine") {
        const Schedule schedule{1.0, 0, 2, 0.0};
        CHECK(schedule.at(1) == doctest::Approx(0.5));
        CHECK(schedule.at(2) == doctest::Approx(0.0));
    }

    TEST_CASE("a warm-up longer than the run only rises") {
        const Schedule schedule{1.0, 10, 5, 0.1};
        CHECK(schedule.at(5) == doctest::Approx(0.5));
        CHECK(schedule.at(10) == doctest::Approx(1.0));
    }
}

}  // namespace mast::train
