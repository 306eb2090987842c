#include "train/explained_variance.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "base/random.h"
#include "train/residual.h"

namespace mast::train {

namespace {

/// n rows of standard normal numbers.
std::vector<double> noise(std::int64_t rows, std::int64_t columns, std::uint64_t stream) {
    Random draws(5, "explained variance test", stream);
    std::vector<double> values(static_cast<std::size_t>(rows * columns));
    for (auto& value : values)
        value = draws.normal();
    return values;
}

Matrix<const double> view(const std::vector<double>& values, std::int64_t columns) {
    const auto rows = static_cast<std::int64_t>(values.size()) / columns;
    return {std::span(values), rows, columns};
}

}  // namespace

TEST_SUITE("train/explained_variance") {
    TEST_CASE("the line through four points is the one worked out by hand") {
        // x 0 1 2 3, y 1 3 2 5: variation 8.75, of which 1.1 times 5.5 is explained.
        ExplainedVariance fit(1, 1);
        const std::vector<double> x{0, 1, 2, 3};
        const std::vector<double> y{1, 3, 2, 5};
        fit.add(view(x, 1), view(y, 1));
        CHECK(fit.r2().front() == doctest::Approx(1.1 * 5.5 / 8.75).epsilon(1e-12));
        CHECK(fit.target_correlation(0, 0) == doctest::Approx(std::sqrt(1.1 * 5.5 / 8.75)));
    }

    TEST_CASE(
        "it agrees with what orthogonal columns leave of the targets, for any first columns") {
        const std::int64_t rows = 300;
        const auto x = noise(rows, 4, 0);
        auto y = noise(rows, 2, 1);
        for (std::size_t r = 0; r < 300; ++r)
            y[2 * r] += 0.5 * x[4 * r] - 2 * x[4 * r + 3] + 7;
        ExplainedVariance fit(4, 2);
        // In two pieces, as blocks of a store come.
        fit.add({x.data(), 100, 4}, {y.data(), 100, 2});
        fit.add({x.data() + 400, 200, 4}, {y.data() + 200, 200, 2});
        for (std::int64_t count = 0; count <= 4; ++count) {
            const auto r2 = fit.r2(count);
            for (std::int64_t c = 0; c < 2; ++c) {
                const auto expected = test::r2_by_residual(x, 4, count, test::column(y, 2, c));
                CHECK(r2[static_cast<std::size_t>(c)] == doctest::Approx(expected).epsilon(1e-10));
            }
        }
    }

    TEST_CASE("columns that others explain, or that do not vary, add nothing and do no harm") {
        auto x = noise(200, 4, 2);
        const auto y = noise(200, 1, 3);
        for (std::size_t r = 0; r < 200; ++r) {
            x[4 * r + 1] = 3 * x[4 * r] - 2;
            x[4 * r + 2] = 0.1;
        }
        ExplainedVariance fit(4, 1);
        fit.add(view(x, 4), view(y, 1));
        std::vector<double> two;
        for (std::size_t r = 0; r < 200; ++r) {
            two.push_back(x[4 * r]);
            two.push_back(x[4 * r + 3]);
        }
        CHECK(fit.r2().front() ==
              doctest::Approx(test::r2_by_residual(two, 2, 2, y)).epsilon(1e-10));
        CHECK(std::abs(fit.correlation(1, 0) - 1) < 1e-12);
        CHECK(std::isnan(fit.correlation(2, 0)));
    }

    TEST_CASE("a target that does not vary has no R^2") {
        ExplainedVariance fit(1, 1);
        const auto x = noise(50, 1, 4);
        const std::vector<double> y(50, 0.3);
        fit.add(view(x, 1), view(y, 1));
        CHECK(std::isnan(fit.r2().front()));
        CHECK(std::isnan(fit.target_correlation(0, 0)));
    }

    TEST_CASE("an exact map gives one, a falling one a correlation of minus one") {
        ExplainedVariance fit(2, 1);
        const auto x = noise(50, 2, 5);
        std::vector<double> y;
        for (std::size_t r = 0; r < 50; ++r)
            y.push_back(1 - 4 * x[2 * r]);
        fit.add(view(x, 2), view(y, 1));
        CHECK(std::abs(fit.r2().front() - 1) < 1e-12);
        CHECK(std::abs(fit.target_correlation(0, 0) + 1) < 1e-12);
    }

    TEST_CASE("rows are enough from ten for each feature and the constant on") {
        ExplainedVariance fit(2, 1);
        const auto x = noise(29, 2, 6);
        const auto y = noise(29, 1, 7);
        fit.add(view(x, 2), view(y, 1));
        CHECK_FALSE(fit.enough_rows());
        fit.add({x.data(), 1, 2}, {y.data(), 1, 1});
        CHECK(fit.enough_rows());
    }
}

}  // namespace mast::train
