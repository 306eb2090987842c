#include "train/loss_trend.h"

#include <doctest/doctest.h>

#include <cmath>

namespace mast::train {

namespace {

/// So many steps of a loss that goes between 0.9 and 1.1.
LossTrend after(std::int64_t steps) {
    LossTrend trend;
    for (std::int64_t i = 0; i < steps; ++i)
        trend.add(i % 2 == 0 ? 0.9 : 1.1);
    return trend;
}

}  // namespace

TEST_SUITE("train/loss_trend") {
    TEST_CASE("nothing is a spike before fifty losses are known") {
        CHECK(std::isinf(after(49).bound()));
        CHECK(!std::isinf(after(50).bound()));
    }

    TEST_CASE("mean and variance are those of the losses") {
        const auto trend = after(50);
        CHECK(trend.mean == doctest::Approx(1).epsilon(1e-12));
        CHECK(trend.variance == doctest::Approx(0.01).epsilon(1e-12));
        // Six deviations would be 1.6: below twice the mean nothing is a spike.
        CHECK(trend.bound() == doctest::Approx(2).epsilon(1e-12));
        auto wide = trend;
        wide.variance = 0.25;
        CHECK(wide.bound() == doctest::Approx(4).epsilon(1e-12));
    }

    TEST_CASE("a spike does not hide the next one, and a loss that stays high becomes the mean") {
        auto trend = after(60);
        trend.add(1e9);
        CHECK(trend.mean < 1.1);
        CHECK(trend.bound() < 3);
        std::int64_t spikes = 0;
        for (std::int64_t i = 0; i < 200; ++i) {
            spikes += 10.0 > trend.bound() ? 1 : 0;
            trend.add(10.0);
        }
        CHECK(spikes < 20);
        CHECK(trend.mean == doctest::Approx(10).epsilon(0.05));
    }
}

}  // namespace mast::train
