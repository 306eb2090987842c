#include "compute/layer_norm.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "compute/every_isa.h"
#include "compute/oracle.h"
#include "compute/reference.h"

using namespace mast;
using namespace mast::compute;
using namespace mast::compute::oracle;

namespace {

struct Result {
    std::vector<float> y;
    std::vector<float> dx;
    std::vector<float> dgain;
    std::vector<float> dbias;
    bool operator==(const Result&) const = default;
};

Result run(std::int64_t rows, const std::vector<float>& x, const std::vector<float>& gain,
           const std::vector<float>& bias, const std::vector<float>& dout) {
    const auto cols = static_cast<std::int64_t>(gain.size());
    std::vector<float> mean(static_cast<std::size_t>(rows));
    std::vector<float> rstd(mean.size());
    Result r{std::vector<float>(x.size()), std::vector<float>(x.size()),
             std::vector<float>(gain.size()), std::vector<float>(gain.size())};
    layer_norm({std::span(x), rows, cols}, gain, bias, {std::span(r.y), rows, cols}, mean, rstd);
    layer_norm_backward({std::span(x), rows, cols}, gain, mean, rstd, {std::span(dout), rows, cols},
                        {std::span(r.dx), rows, cols}, r.dgain, r.dbias);
    return r;
}

}  // namespace

TEST_SUITE("compute/layer_norm") {
    TEST_CASE("layer norm's output and gradients agree with plain loops, at every vector width") {
        at_every_isa([&] {
            for (const std::int64_t cols : {1, 3, 8, 17, 40}) {
                CAPTURE(cols);
                const std::int64_t rows = 7;
                auto x = draw("x", rows * cols);
                for (float& v : x)
                    v = v * 2.0F + 3.0F;
                const auto gain = draw("gain", cols);
                const auto bias = draw("bias", cols);
                const auto dout = draw("dout", rows * cols);
                const Result r = run(rows, x, gain, bias, dout);
                // x carries 24 bits and is about 4 from zero at a spread of 2: 1e-6 after scaling.
                CHECK(distance(r.y, reference::layer_norm(widen(x), widen(gain), widen(bias))) <
                      2e-6);
                using V = std::vector<Complex>;
                const V xc = widen<Complex>(x);
                const V gc = widen<Complex>(gain);
                const V bc = widen<Complex>(bias);
                const auto by_x = [&](const V& v) { return reference::layer_norm(v, gc, bc); };
                const auto by_gain = [&](const V& v) { return reference::layer_norm(xc, v, bc); };
                const auto by_bias = [&](const V& v) { return reference::layer_norm(xc, gc, v); };
                if (cols > 1) CHECK(distance(r.dx, gradient(by_x, x, dout)) < 5e-6);
                if (cols > 1) CHECK(distance(r.dgain, gradient(by_gain, gain, dout)) < 2e-6);
                CHECK(distance(r.dbias, gradient(by_bias, bias, dout)) < 2e-6);
            }
        });
    }

    TEST_CASE("a row of one channel or of equal values is normalised to its bias") {
        const std::vector<float> x{5, 5, 5};
        const std::vector<float> gain{2, 3, 4};
        const std::vector<float> bias{0.5, -1, 7};
        const std::vector<float> dout{1, 2, 3};
        const Result r = run(1, x, gain, bias, dout);
        CHECK(r.y == bias);
        CHECK(r.dgain == std::vector<float>{0, 0, 0});
    }

    TEST_CASE("layer norm keeps its digits where the mean is large against the spread") {
        // By hand: 1000, 1001, 1002, 1003 has mean 1001.5 and variance 1.25.
        const std::vector<float> x{1000, 1001, 1002, 1003};
        const std::vector<float> gain(4, 1.0F);
        const std::vector<float> bias(4, 0.0F);
        const Result r = run(1, x, gain, bias, gain);
        const double unit = 1.0 / std::sqrt(1.25 + 1e-5);
        CHECK(distance(r.y, {-1.5 * unit, -0.5 * unit, 0.5 * unit, 1.5 * unit}) < 1e-6);
    }

    TEST_CASE("layer norm's gradients are added to what is there") {
        const std::vector<float> x{1, 2, 4};
        const std::vector<float> gain{1, 1, 1};
        const std::vector<float> zero{0, 0, 0};
        const std::vector<float> dout{1, 0, 2};
        const Result fresh = run(1, x, gain, zero, dout);
        std::vector<float> y(3);
        std::vector<float> mean(1);
        std::vector<float> rstd(1);
        layer_norm({std::span(x), 1, 3}, gain, zero, {std::span(y), 1, 3}, mean, rstd);
        std::vector<float> dx{16, 32, 64};
        std::vector<float> dgain = dx;
        std::vector<float> dbias = dx;
        layer_norm_backward({std::span(x), 1, 3}, gain, mean, rstd, {std::span(dout), 1, 3},
                            {std::span(dx), 1, 3}, dgain, dbias);
        for (const std::size_t i : {0U, 1U, 2U}) {
            const auto base = static_cast<double>(16U << i);
            CHECK(dx[i] == doctest::Approx(base + static_cast<double>(fresh.dx[i])));
            CHECK(dgain[i] == doctest::Approx(base + static_cast<double>(fresh.dgain[i])));
            CHECK(static_cast<double>(dbias[i]) == base + static_cast<double>(dout[i]));
        }
    }

    TEST_CASE("layer norm gives the same bits on one thread and on several") {
        const std::int64_t rows = 777;
        const auto x = draw("x", rows * 50);
        const auto gain = draw("gain", 50);
        const auto dout = draw("dout", rows * 50);
        Result one;
        with_threads(1, [&] { one = run(rows, x, gain, gain, dout); });
        for (const int n : {2, 3}) {
            with_threads(n, [&] { CHECK(one == run(rows, x, gain, gain, dout)); });
        }
    }

    TEST_CASE("layer norm refuses shapes that disagree") {
        std::vector<float> v(64);
        const std::span<float> s(v);
        const Matrix<float> a(s, 2, 3);
        CHECK_THROWS_AS(layer_norm(a, s.first(2), s.first(3), a, s.first(2), s.first(2)),
                        std::logic_error);
        CHECK_THROWS_AS(layer_norm(a, s.first(3), s.first(3), {s, 3, 2}, s.first(2), s.first(2)),
                        std::logic_error);
        CHECK_THROWS_AS(layer_norm(a, s.first(3), s.first(3), a, s.first(1), s.first(2)),
                        std::logic_error);
        CHECK_THROWS_AS(layer_norm_backward(a, s.first(3), s.first(2), s.first(2), a, a, s.first(2),
                                            s.first(3)),
                        std::logic_error);
    }
}
