#include "compute/info_nce.h"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "compute/oracle.h"
#include "compute/reference.h"

using namespace mast;
using namespace mast::compute;
using namespace mast::compute::oracle;

namespace {

/// By a matrix of all logits.
template <class S>
S reference_loss(const std::vector<S>& anchors, const std::vector<S>& codes, std::int64_t rows,
                 std::int64_t width) {
    auto logits = reference::linear<S>(anchors, codes, {}, rows, width, rows);
    for (auto& logit : logits)
        logit /= std::sqrt(static_cast<double>(width));
    std::vector<std::int32_t> own;
    for (std::int64_t r = 0; r < rows; ++r)
        own.push_back(static_cast<std::int32_t>(r));
    return reference::cross_entropy<S>(logits, own, rows);
}

}  // namespace

TEST_SUITE("compute/info_nce") {
    TEST_CASE("contrast of equal codes is the log of their number") {
        const std::vector<float> anchors{1, 2, 3, 4, 5, 6};
        const std::vector<float> codes(6, 0.5F);
        std::vector<float> d(6, 9.0F);
        CHECK(info_nce({std::span(anchors), 3, 2}, {std::span(codes), 3, 2}, 1.0F,
                       {std::span(d), 3, 2}) == doctest::Approx(3 * std::log(3.0)));
        CHECK(distance(d, std::vector<double>(6, 0.0)) < 1e-6);
    }

    TEST_CASE("contrast agrees with the reference and its complex step") {
        for (const std::int64_t rows : {1, 7, 131}) {
            const std::int64_t width = 19;
            const auto anchors = draw("anchors", rows * width);
            const auto codes = draw("codes", rows * width);
            std::vector<float> d(anchors.size());
            const double loss =
                info_nce({std::span(anchors), rows, width}, {std::span(codes), rows, width}, 0.5F,
                         {std::span(d), rows, width});
            CHECK(loss == doctest::Approx(reference_loss(widen(anchors), widen(codes), rows, width))
                              .epsilon(1e-6));
            const auto fixed = widen<Complex>(codes);
            const auto f = [&](const std::vector<Complex>& v) {
                return std::vector<Complex>{reference_loss(v, fixed, rows, width)};
            };
            if (rows > 1) CHECK(distance(d, gradient(f, anchors, {0.5F})) < 1e-5);
            with_threads(1, [&] {
                CHECK(loss == info_nce({std::span(anchors), rows, width},
                                       {std::span(codes), rows, width}, 0.5F, {}));
            });
        }
    }

    TEST_CASE("contrast refuses shapes that disagree") {
        std::vector<float> v(12);
        const std::span<float> s(v);
        const Matrix<float> a(s, 3, 4);
        CHECK_THROWS_AS(info_nce(a, {s, 4, 3}, 1.0F, {}), std::logic_error);
        CHECK_THROWS_AS(info_nce(a, a, 1.0F, {s, 4, 3}), std::logic_error);
    }
}
