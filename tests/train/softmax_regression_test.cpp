#include "train/softmax_regression.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "base/stop.h"
#include "train/least_squares.h"

namespace mast::train {

TEST_SUITE("train/softmax_regression") {
    TEST_CASE("with a group's mark as feature, the fit is the frequency inside the group") {
        // Group 0: classes 0, 1, 2 seen 60, 30 and 10 times; group 1: 20, 20 and 60 times.
        const std::array<std::array<int, 3>, 2> seen{{{60, 30, 10}, {20, 20, 60}}};
        SoftmaxRegression fit(3, 3);
        const auto features = [](std::size_t group) {
            return std::array{1.0, group == 0 ? 1.0 : 0.0, group == 1 ? 1.0 : 0.0};
        };
        for (std::size_t group = 0; group < 2; ++group) {
            for (std::size_t k = 0; k < 3; ++k) {
                for (int i = 0; i < seen[group][k]; ++i)
                    fit.add(features(group), static_cast<std::int32_t>(k));
            }
        }
        fit.solve();
        for (std::size_t group = 0; group < 2; ++group) {
            for (std::size_t k = 0; k < 3; ++k) {
                CAPTURE(group);
                CAPTURE(k);
                // The ridge and the end of the descent leave about 1e-4.
                CHECK(fit.loss(features(group), static_cast<std::int32_t>(k)) ==
                      doctest::Approx(-std::log(seen[group][k] / 100.0)).epsilon(1e-3));
            }
        }
    }

    TEST_CASE("classes that a line separates cost little, the wrong one much") {
        SoftmaxRegression fit(2, 2);
        for (int i = -20; i <= 20; ++i) {
            if (i != 0) fit.add(std::array{1.0, i / 10.0}, i > 0 ? 1 : 0);
        }
        fit.solve();
        CHECK(fit.loss(std::array{1.0, 1.0}, 1) < 0.02);
        CHECK(fit.loss(std::array{1.0, 1.0}, 0) > 4);
    }

    TEST_CASE("classes that are not possible in a row have no part in it") {
        // 0 and 1 stand against each other 30 to 10, 1 and 2 20 to 60; the odds give all of it.
        SoftmaxRegression fit(1, 3);
        const std::array one{1.0};
        const std::array<std::uint8_t, 3> low{1, 1, 0};
        const std::array<std::uint8_t, 3> high{0, 1, 1};
        for (int i = 0; i < 120; ++i) {
            if (i < 40) fit.add(one, i < 30 ? 0 : 1, low);
            if (i >= 40) fit.add(one, i < 60 ? 1 : 2, high);
        }
        fit.solve();
        CHECK(fit.loss(one, 0, low) == doctest::Approx(-std::log(0.75)).epsilon(1e-3));
        CHECK(fit.loss(one, 2, high) == doctest::Approx(-std::log(0.75)).epsilon(1e-3));
        // Odds 3 : 1 : 3 among all.
        CHECK(fit.loss(one, 1) == doctest::Approx(std::log(7.0)).epsilon(1e-3));
        const std::array<std::uint8_t, 3> alone{0, 1, 0};
        CHECK(fit.loss(one, 1, alone) == doctest::Approx(0.0));
    }

    TEST_CASE("nothing added: every class is as likely") {
        SoftmaxRegression fit(2, 4);
        fit.solve();
        CHECK(fit.loss(std::array{1.0, 3.0}, 2) == doctest::Approx(std::log(4.0)));
    }

    TEST_CASE("wide rows and many classes bound what is kept") {
        CHECK(SoftmaxRegression::most_rows(35, 6) == kEnoughRows);
        constexpr std::int64_t kWidest = 1 + 2 * kMostFitColumns;
        const auto wide = SoftmaxRegression::most_rows(kWidest, 18);
        CHECK(wide * (kWidest * 4 + 18) <= std::int64_t{256} << 20U);
        CHECK(wide > 2 * kWidest);
        CHECK(SoftmaxRegression::most_rows(100, 1000) == 20'000);  // 500 passes, 2e12 products
        CHECK(SoftmaxRegression::most_rows(1'000'000, 1'000'000) == 1);
    }

    TEST_CASE("rows after those are left out") {
        SoftmaxRegression fit(2, 1'000'000);
        for (int i = 0; i < 1000; ++i)
            fit.add(std::array{1.0, 0.5}, i);
        CHECK(fit.rows() == SoftmaxRegression::most_rows(2, 1'000'000));
        CHECK(fit.rows() < 1000);
    }

    TEST_CASE("a wish to stop is looked for in every pass and ends the descent") {
        const auto add_rows = [](SoftmaxRegression& fit) {
            for (int i = 0; i < 10; ++i)
                fit.add(std::array{1.0, i / 10.0}, i % 3);
        };
        SoftmaxRegression whole(2, 3);
        add_rows(whole);
        int calls = 0;
        whole.solve([&] { ++calls; });
        CHECK(calls >= 500);
        SoftmaxRegression ended(2, 3);
        add_rows(ended);
        const int last = calls;
        calls = 0;
        CHECK_THROWS_AS(ended.solve([&] {
            if (++calls == last) throw Interrupted{15};
        }),
                        Interrupted);
    }
}

}  // namespace mast::train
