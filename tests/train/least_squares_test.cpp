#include "train/least_squares.h"

#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "base/random.h"
#include "base/stop.h"

namespace mast::train {

TEST_SUITE("train/least_squares") {
    TEST_CASE("an exact linear map is found again") {
        // y = (1 + 2 u - 3 v, 4 v)
        LeastSquares fit(3, 2);
        Random draws(3, "least squares test", 0);
        for (int i = 0; i < 50; ++i) {
            const double u = draws.normal();
            const double v = draws.normal();
            fit.add(std::array{1.0, u, v},
                    std::array{static_cast<float>(1 + 2 * u - 3 * v), static_cast<float>(4 * v)});
        }
        fit.solve();
        std::array<double, 2> out{};
        fit.predict(std::array{1.0, 0.5, -2.0}, out);
        CHECK(out[0] == doctest::Approx(8.0).epsilon(1e-6));
        CHECK(out[1] == doctest::Approx(-8.0).epsilon(1e-6));
    }

    TEST_CASE("the best line through four points is the one worked out by hand") {
        // x 0 1 2 3, y 1 3 2 5: slope 1.1, intercept 1.1.
        LeastSquares fit(2, 1);
        const std::array<float, 4> y{1, 3, 2, 5};
        for (int x = 0; x < 4; ++x) {
            fit.add(std::array{1.0, static_cast<double>(x)},
                    std::array{y[static_cast<std::size_t>(x)]});
        }
        fit.solve();
        std::array<double, 1> out{};
        fit.predict(std::array{1.0, 10.0}, out);
        CHECK(out[0] == doctest::Approx(12.1).epsilon(1e-7));
    }

    TEST_CASE("columns that say the same, or nothing, do no harm") {
        LeastSquares fit(4, 1);
        for (int i = 0; i < 20; ++i) {
            const double u = i - 10;
            fit.add(std::array{1.0, u, u, 0.0}, std::array{static_cast<float>(3 * u)});
        }
        fit.solve();
        std::array<double, 1> out{};
        fit.predict(std::array{1.0, 2.0, 2.0, 0.0}, out);
        CHECK(out[0] == doctest::Approx(6.0).epsilon(1e-6));
    }

    TEST_CASE("nothing added predicts zero") {
        LeastSquares fit(2, 1);
        fit.solve();
        std::array<double, 1> out{5.0};
        fit.predict(std::array{1.0, 1.0}, out);
        CHECK(out[0] == 0.0);
    }

    TEST_CASE("wide rows are fewer, ten for each feature at least") {
        CHECK(enough_rows(1) == 200'000);
        CHECK(enough_rows(547) == 200'000);
        CHECK(enough_rows(1000) == 60'000);
        CHECK(enough_rows(1 + 2 * kMostFitColumns) == 40'970);
        CHECK(enough_rows(60'000) == 200'000);
    }

    TEST_CASE("rows after those that are enough are left out") {
        LeastSquares fit(1, 1);
        for (std::int64_t i = 0; i < 2 * kEnoughRows; ++i)
            fit.add(std::array{1.0}, std::array{i < kEnoughRows ? 2.0F : 6.0F});
        fit.solve();
        std::array<double, 1> out{};
        fit.predict(std::array{1.0}, out);
        CHECK(out[0] == doctest::Approx(2.0).epsilon(1e-6));
    }

    TEST_CASE("several targets are solved for at once as they are one by one") {
        constexpr std::size_t kTargets = 3;
        Random draws(4, "least squares test", 0);
        LeastSquares all(4, kTargets);
        std::vector<LeastSquares> each(kTargets, LeastSquares(4, 1));
        for (int i = 0; i < 30; ++i) {
            const std::array features{1.0, draws.normal(), draws.normal(), draws.normal()};
            std::array<float, kTargets> target{};
            for (std::size_t d = 0; d < kTargets; ++d) {
                target.at(d) = static_cast<float>(draws.normal());
                each[d].add(features, std::span(target).subspan(d, 1));
            }
            all.add(features, target);
        }
        all.solve();
        const std::array asked{1.0, -0.5, 2.0, 0.25};
        std::array<double, kTargets> out{};
        all.predict(asked, out);
        for (std::size_t d = 0; d < kTargets; ++d) {
            each[d].solve();
            std::array<double, 1> alone{};
            each[d].predict(asked, alone);
            CHECK(out.at(d) == alone[0]);
        }
    }

    TEST_CASE("a wish to stop ends the solving") {
        LeastSquares fit(3, 1);
        fit.add(std::array{1.0, 2.0, 3.0}, std::array{1.0F});
        CHECK_THROWS_AS(fit.solve([] { throw Interrupted{15}; }), Interrupted);
    }
}

}  // namespace mast::train
