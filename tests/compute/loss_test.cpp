#include <doctest/doctest.h>

#include <stdexcept>

#include "compute/cross_entropy.h"
#include "compute/mse.h"
#include "compute/oracle.h"
#include "compute/reference.h"

using namespace mast;
using namespace mast::compute;
using namespace mast::compute::oracle;

TEST_SUITE("compute/mse") {
    TEST_CASE("squared error of a hand-made case, with its gradient") {
        const std::vector<float> p{1, 2, 3, 4};
        const std::vector<float> t{0, 2, 5, 1};
        std::vector<float> d(4, 9.0F);
        CHECK(squared_error({std::span(p), 2, 2}, {std::span(t), 2, 2}, 0.25F,
                            {std::span(d), 2, 2}) == 14.0);
        CHECK(d == std::vector<float>{0.5F, 0.0F, -1.0F, 1.5F});
        CHECK(squared_error({std::span(p), 2, 2}, {std::span(t), 2, 2}, 0.25F, {}) == 14.0);
    }

    TEST_CASE("squared error agrees with the reference and its complex step on odd sizes") {
        const auto p = draw("p", 31 * 17);
        const auto t = draw("t", 31 * 17);
        std::vector<float> d(p.size());
        const double loss = squared_error({std::span(p), 31, 17}, {std::span(t), 31, 17}, 0.5F,
                                          {std::span(d), 31, 17});
        CHECK(loss == doctest::Approx(reference::squared_error(widen(p), widen(t))).epsilon(1e-7));
        const auto target = widen<Complex>(t);
        const auto f = [&](const std::vector<Complex>& v) {
            return std::vector<Complex>{reference::squared_error(v, target)};
        };
        CHECK(distance(d, gradient(f, p, {0.5F})) < 1e-6);
    }

    TEST_CASE("squared error gives the same bits on one thread and on several, and 0 for no rows") {
        const auto p = draw("p", 5000 * 3);
        const auto t = draw("t", 5000 * 3);
        double one = 0.0;
        with_threads(1, [&] {
            one = squared_error({std::span(p), 5000, 3}, {std::span(t), 5000, 3}, 1.0F, {});
        });
        with_threads(2, [&] {
            CHECK(one == squared_error({std::span(p), 5000, 3}, {std::span(t), 5000, 3}, 1.0F, {}));
        });
        CHECK(squared_error({p.data(), 0, 3}, {t.data(), 0, 3}, 1.0F, {}) == 0.0);
    }

    TEST_CASE("squared error refuses shapes that disagree") {
        std::vector<float> v(12);
        const std::span<float> s(v);
        const Matrix<float> a(s, 3, 4);
        CHECK_THROWS_AS(squared_error(a, {s, 4, 3}, 1.0F, {}), std::logic_error);
        CHECK_THROWS_AS(squared_error(a, a, 1.0F, {s, 4, 3}), std::logic_error);
    }
}

TEST_SUITE("compute/cross_entropy") {
    TEST_CASE("cross entropy of equal logits is the log of the number of classes") {
        const std::vector<float> logits(6, 2.5F);
        const std::vector<std::int32_t> target{0, 2};
        std::vector<float> d(6);
        const double loss =
            cross_entropy({std::span(logits), 2, 3}, target, 3.0F, {std::span(d), 2, 3});
        CHECK(loss == doctest::Approx(2.0 * std::log(3.0)).epsilon(1e-12));
        CHECK(distance(d, {-2.0, 1.0, 1.0, 1.0, 1.0, -2.0}) < 1e-7);
    }

    TEST_CASE("cross entropy agrees with the reference and its complex step") {
        const std::int64_t rows = 33;
        for (const std::int64_t classes : {1, 2, 19}) {
            const auto logits = draw("logits", rows * classes);
            std::vector<std::int32_t> target;
            Random random(1, "target", 0);
            for (std::int64_t r = 0; r < rows; ++r) {
                target.push_back(static_cast<std::int32_t>(random.below(classes)));
            }
            std::vector<float> d(logits.size());
            const double loss = cross_entropy({std::span(logits), rows, classes}, target, 0.5F,
                                              {std::span(d), rows, classes});
            const double expected = reference::cross_entropy(widen(logits), target, classes);
            CHECK(std::abs(loss - expected) <= 1e-12 * (1.0 + expected));
            const auto f = [&](const std::vector<Complex>& v) {
                return std::vector<Complex>{reference::cross_entropy(v, target, classes)};
            };
            if (classes > 1) CHECK(distance(d, gradient(f, logits, {0.5F})) < 1e-7);
            double alone = 0.0;
            with_threads(1, [&] {
                alone = cross_entropy({std::span(logits), rows, classes}, target, 0.5F, {});
            });
            CHECK(alone == loss);
        }
    }

    TEST_CASE("cross entropy does not overflow for large logits") {
        const std::vector<float> logits{1e30F, -1e30F, 0.0F, 3e38F, 3e38F, 0.0F};
        const std::vector<std::int32_t> target{0, 1};
        CHECK(cross_entropy({std::span(logits), 2, 3}, target, 1.0F, {}) ==
              doctest::Approx(std::log(2.0)));
    }

    TEST_CASE("cross entropy refuses class numbers out of range and shapes that disagree") {
        std::vector<float> v(6);
        const std::span<float> s(v);
        const std::vector<std::int32_t> high{0, 3};
        const std::vector<std::int32_t> low{-1, 0};
        const std::vector<std::int32_t> good{0, 2};
        CHECK_THROWS_AS(cross_entropy({s, 2, 3}, high, 1.0F, {}), std::logic_error);
        CHECK_THROWS_AS(cross_entropy({s, 2, 3}, low, 1.0F, {}), std::logic_error);
        CHECK_THROWS_AS(cross_entropy({s, 3, 2}, good, 1.0F, {}), std::logic_error);
        CHECK_THROWS_AS(cross_entropy({s, 2, 3}, good, 1.0F, {s, 3, 2}), std::logic_error);
    }
}
