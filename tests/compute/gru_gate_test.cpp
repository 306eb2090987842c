#include "compute/gru_gate.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "compute/every_isa.h"
#include "compute/oracle.h"
#include "compute/relu.h"

using namespace mast;
using namespace mast::compute;
using namespace mast::compute::oracle;

namespace {

constexpr std::int64_t kRows = 37;
constexpr std::int64_t kCols = 19;  // no whole number of vectors

template <class S>
S sigmoid(const S& x) {
    return 1.0 / (1.0 + std::exp(-x));
}

Matrix<float> matrix(std::vector<float>& values, std::int64_t cols) {
    return {std::span(values), kRows, cols};
}
Matrix<const float> matrix(const std::vector<float>& values, std::int64_t cols) {
    return {std::span(values), kRows, cols};
}

/// One half of each row of (R, 2C).
std::vector<float> half(const std::vector<float>& both, std::int64_t which) {
    std::vector<float> part;
    for (std::int64_t r = 0; r < kRows; ++r) {
        const auto first = both.begin() + (2 * r + which) * kCols;
        part.insert(part.end(), first, first + kCols);
    }
    return part;
}

/// A gate with its inputs, forward and back.
struct Pass {
    std::vector<float> x = draw("x", kRows* kCols);
    std::vector<float> bias = draw("bias", kCols);
    std::vector<float> before = draw("gates", kRows * 2 * kCols);    ///< a_r and a_z
    std::vector<float> candidate = draw("candidate", kRows* kCols);  ///< a_h
    std::vector<float> dout = draw("dout", kRows* kCols);
    std::vector<float> drx = draw("drx", kRows* kCols);
    std::vector<float> rz, rx, h, out, dx, drz, dh, dbias;

    void run() {
        rz = before;
        h = candidate;
        rx.assign(x.size(), 9.0F);
        out = dh = rx;
        drz.assign(2 * x.size(), 9.0F);
        dx = dout;
        dbias.assign(bias.size(), 0.5F);
        gru_gates(matrix(x, kCols), bias, matrix(rz, 2 * kCols), matrix(rx, kCols));
        gru_mix(matrix(x, kCols), matrix(std::as_const(rz), 2 * kCols), matrix(h, kCols),
                matrix(out, kCols));
        gru_mix_backward(matrix(x, kCols), matrix(std::as_const(rz), 2 * kCols),
                         matrix(std::as_const(h), kCols), matrix(dx, kCols), matrix(drz, 2 * kCols),
                         matrix(dh, kCols));
        gru_gates_backward(matrix(x, kCols), matrix(std::as_const(rz), 2 * kCols),
                           matrix(std::as_const(drx), kCols), matrix(drz, 2 * kCols),
                           matrix(dx, kCols), dbias);
    }
};

}  // namespace

TEST_SUITE("compute/gru_gate") {
    TEST_CASE("forward and all gradients agree with the complex step, at every vector width") {
        at_every_isa([&] {
            Pass pass;
            pass.run();
            const auto wide_x = widen<Complex>(pass.x);
            const auto wide_z = widen<Complex>(half(pass.before, 1));
            const auto wide_h = widen<Complex>(pass.candidate);
            const auto wide_r = widen<Complex>(half(pass.before, 0));
            const auto held = [&](std::size_t i) {
                return static_cast<double>(pass.bias[i % static_cast<std::size_t>(kCols)]);
            };
            const auto mixed = [&](const auto& x, const auto& z, const auto& h) {
                std::vector<Complex> y(x.size());
                for (std::size_t i = 0; i < y.size(); ++i) {
                    const auto update = sigmoid(z[i] - held(i));
                    y[i] = (1.0 - update) * x[i] + update * std::tanh(h[i]);
                }
                return y;
            };
            const auto reset = [&](const auto& x, const auto& r) {
                std::vector<Complex> y(x.size());
                for (std::size_t i = 0; i < y.size(); ++i)
                    y[i] = sigmoid(r[i]) * x[i];
                return y;
            };
            const auto real = [](const std::vector<Complex>& values) {
                std::vector<double> parts;
                for (const auto& v : values)
                    parts.push_back(v.real());
                return parts;
            };
            CHECK(distance(pass.out, real(mixed(wide_x, wide_z, wide_h))) < 1e-6);
            CHECK(distance(pass.rx, real(reset(wide_x, wide_r))) < 1e-6);
            const auto of_x = [&](const auto& v) { return mixed(v, wide_z, wide_h); };
            auto expected = gradient(of_x, pass.x, pass.dout);
            const auto through_reset =
                gradient([&](const auto& v) { return reset(v, wide_r); }, pass.x, pass.drx);
            for (std::size_t i = 0; i < expected.size(); ++i)
                expected[i] += through_reset[i];
            CHECK(distance(pass.dx, expected) < 1e-6);
            const auto of_h = [&](const auto& v) { return mixed(wide_x, wide_z, v); };
            CHECK(distance(pass.dh, gradient(of_h, pass.candidate, pass.dout)) < 1e-6);
            const auto of_r = [&](const auto& v) { return reset(wide_x, v); };
            CHECK(distance(half(pass.drz, 0), gradient(of_r, half(pass.before, 0), pass.drx)) <
                  1e-6);
            const auto of_z = [&](const auto& v) { return mixed(wide_x, v, wide_h); };
            const auto dz = gradient(of_z, half(pass.before, 1), pass.dout);
            CHECK(distance(half(pass.drz, 1), dz) < 1e-6);
            std::vector<double> sums(static_cast<std::size_t>(kCols), 0.5);
            for (std::size_t i = 0; i < dz.size(); ++i)
                sums[i % sums.size()] -= dz[i];
            CHECK(distance(pass.dbias, sums) < 1e-5);
        });
    }

    TEST_CASE("a large bias lets the residual stream through, and far arguments stay finite") {
        Pass pass;
        std::fill(pass.bias.begin(), pass.bias.end(), 200.0F);
        for (std::size_t i = 0; i < pass.candidate.size(); i += 2) {
            pass.before[i] = i % 4 == 0 ? 150.0F : -150.0F;
            pass.candidate[i] = i % 4 == 0 ? 1e30F : -1e30F;
        }
        pass.run();
        CHECK(pass.out == pass.x);
        CHECK(std::all_of(pass.h.begin(), pass.h.end(), [](float h) { return std::abs(h) <= 1; }));
        CHECK(
            std::all_of(pass.dx.begin(), pass.dx.end(), [](float d) { return std::isfinite(d); }));
    }

    TEST_CASE("NaN is let through") {
        Pass pass;
        constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
        pass.candidate[5] = kNan;
        pass.before[static_cast<std::size_t>(kCols) + 7] = kNan;
        pass.run();
        CHECK(std::isnan(pass.out[5]));
        CHECK(std::isnan(pass.out[7]));
        CHECK_FALSE(std::isnan(pass.out[6]));
    }

    TEST_CASE("out may be x, and the bits do not depend on threads") {
        Pass one;
        with_threads(1, [&] { one.run(); });
        for (const int n : {2, 3}) {
            Pass several;
            with_threads(n, [&] { several.run(); });
            CHECK(several.out == one.out);
            CHECK(several.dx == one.dx);
            CHECK(several.drz == one.drz);
            CHECK(several.dbias == one.dbias);
        }
        auto x = one.x;
        auto h = one.candidate;
        gru_mix(matrix(x, kCols), matrix(std::as_const(one.rz), 2 * kCols), matrix(h, kCols),
                matrix(x, kCols));
        CHECK(x == one.out);
    }

    TEST_CASE("shapes that disagree are refused") {
        std::vector<float> v(40);
        const std::span<float> s(v);
        const Matrix<float> narrow(s, 4, 5);
        const Matrix<float> wide(s, 4, 10);
        CHECK_THROWS_AS(gru_gates(narrow, s.first(5), narrow, narrow), std::logic_error);
        CHECK_THROWS_AS(gru_gates(narrow, s.first(4), wide, narrow), std::logic_error);
        CHECK_THROWS_AS(gru_mix(narrow, wide, {s, 5, 4}, narrow), std::logic_error);
    }
}

TEST_SUITE("compute/relu") {
    TEST_CASE("the rectifier and its gradient; NaN stays") {
        constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
        std::vector<float> x{-2.0F, 0.0F, 3.0F, kNan, -0.5F, 1e-30F};
        relu(x, x);
        CHECK(x[0] == 0.0F);
        CHECK(x[2] == 3.0F);
        CHECK(std::isnan(x[3]));
        std::vector<float> d{1, 2, 3, 4, 5, 6};
        x[3] = 0;
        relu_backward(x, d, d);
        CHECK(d == std::vector<float>{0, 0, 3, 0, 0, 6});
    }
}
