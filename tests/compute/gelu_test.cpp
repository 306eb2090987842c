#include "compute/gelu.h"

#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>

#include "compute/every_isa.h"
#include "compute/oracle.h"
#include "compute/reference.h"

using namespace mast;
using namespace mast::compute;
using namespace mast::compute::oracle;

namespace {

/// -12 to 12 in steps of 1/512, and a few special places; not a whole number of vectors.
std::vector<float> grid() {
    std::vector<float> x{0.0F, -0.0F, 1e-20F, -1e-20F, 5.5F, -5.5F, 13.0F, -13.0F};
    for (int i = -12 * 512; i <= 12 * 512; ++i)
        x.push_back(static_cast<float>(i) / 512.0F);
    return x;
}

double phi(double x) {
    return 0.5 * std::erfc(-x / std::numbers::sqrt2);
}

Matrix<float> row(std::vector<float>& v) {
    return {std::span(v), 1, static_cast<std::int64_t>(v.size())};
}
Matrix<const float> row(const std::vector<float>& v) {
    return {std::span(v), 1, static_cast<std::int64_t>(v.size())};
}

}  // namespace

TEST_SUITE("compute/gelu") {
    TEST_CASE("the series of the reference agrees with the library's erf") {
        for (double z = -7.0; z <= 7.0; z += 0.37) {
            CHECK(std::abs(reference::erf(z) - std::erf(z)) < 1e-14);
        }
    }

    TEST_CASE("gelu and its slope are exact to 2e-7 of the argument, at every vector width") {
        const auto x = grid();
        at_every_isa([&] {
            std::vector<float> y(x.size());
            std::vector<float> dx(x.size());
            gelu(row(x), row(y), row(dx));
            double worst = 0.0;
            double worst_slope = 0.0;
            for (std::size_t i = 0; i < x.size(); ++i) {
                const auto v = static_cast<double>(x[i]);
                const double bell = std::exp(-0.5 * v * v) / std::sqrt(2.0 * std::numbers::pi);
                const double scale = std::max(1.0, std::abs(v));
                worst = std::max(worst, std::abs(static_cast<double>(y[i]) - v * phi(v)) / scale);
                worst_slope =
                    std::max(worst_slope, std::abs(static_cast<double>(dx[i]) - phi(v) - v * bell));
            }
            CHECK(worst < 2e-7);
            CHECK(worst_slope < 3e-7);
        });
    }

    TEST_CASE("gelu's gradient agrees with the complex step") {
        const auto x = draw("x", 61);
        const std::vector<float> dout(x.size(), 1.0F);
        std::vector<float> y(x.size());
        std::vector<float> dx(x.size());
        gelu(row(x), row(y), row(dx));
        CHECK(distance(y, reference::gelu(widen(x))) < 1e-6);
        const auto f = [](const std::vector<Complex>& v) { return reference::gelu(v); };
        CHECK(distance(dx, gradient(f, x, dout)) < 1e-6);
    }

    TEST_CASE("gelu lets a NaN through and keeps infinities") {
        const float nan = std::numeric_limits<float>::quiet_NaN();
        const float infinity = std::numeric_limits<float>::infinity();
        const std::vector<float> x{nan, infinity, 1e30F, -1e30F};
        std::vector<float> y(4);
        gelu(row(x), row(y));
        CHECK(std::isnan(y[0]));
        CHECK(y[1] == infinity);
        CHECK(y[2] == 1e30F);
        CHECK(y[3] == 0.0F);
    }

    TEST_CASE("gelu works in place and gives the same bits on one thread and on several") {
        const auto x = draw("x", 100003);
        std::vector<float> y(x.size());
        std::vector<float> slope(x.size());
        with_threads(1, [&] { gelu(row(x), row(y), row(slope)); });
        for (const int n : {2, 3}) {
            with_threads(n, [&] {
                auto in_place = x;
                gelu(row(in_place), row(in_place));
                CHECK(in_place == y);
                auto slope_in_place = x;
                gelu(row(slope_in_place), row(in_place), row(slope_in_place));
                CHECK(in_place == y);
                CHECK(slope_in_place == slope);
            });
        }
    }

    TEST_CASE("gelu refuses shapes that differ, and one matrix for two results") {
        std::vector<float> v(8);
        const Matrix<float> m{std::span(v), 2, 4};
        const Matrix<float> narrow{std::span(v), 2, 3};
        CHECK_THROWS_AS(gelu(m, narrow), std::logic_error);
        CHECK_THROWS_AS(gelu(m, m, narrow), std::logic_error);
        CHECK_THROWS_AS(gelu(m, m, m), std::logic_error);
        CHECK_THROWS_AS(gelu(narrow, {std::span(v), 2, 3, Precision::bf16}), std::logic_error);
    }
}
