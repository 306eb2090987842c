#include "compute/linear.h"

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

struct Sizes {
    std::int64_t rows;
    std::int64_t in;
    std::int64_t out;
};

/// What a layer and its gradients are given.
struct Given {
    Sizes sizes;
    std::vector<float> x = draw("x", sizes.rows* sizes.in);
    std::vector<float> w = draw("w", sizes.out* sizes.in);
    std::vector<float> bias = draw("bias", sizes.out);
    std::vector<float> dout = draw("dout", sizes.rows* sizes.out);
};

struct Result {
    std::vector<float> y;
    std::vector<float> dx;
    std::vector<float> dw;
    std::vector<float> dbias;
    bool operator==(const Result&) const = default;
};

Result run(const Given& given) {
    const auto& [s, x, w, bias, dout] = given;
    Result r{std::vector<float>(static_cast<std::size_t>(s.rows * s.out), 9.0F),
             std::vector<float>(x.size(), 9.0F), std::vector<float>(w.size(), 0.0F),
             std::vector<float>(bias.size(), 0.0F)};
    const Matrix<const float> xm(x, s.rows, s.in);
    const Matrix<const float> wm(w, s.out, s.in);
    linear(xm, wm, bias, {std::span(r.y), s.rows, s.out});
    linear_backward(xm, wm, {std::span(dout), s.rows, s.out}, {std::span(r.dx), s.rows, s.in},
                    {std::span(r.dw), s.out, s.in}, r.dbias);
    return r;
}

void check_threads() {
    for (const Sizes s :
         {Sizes{480, 128, 384}, Sizes{1000, 96, 17}, Sizes{2048, 40, 8}, Sizes{300, 600, 70}}) {
        CAPTURE(s.rows);
        const Given given{s};
        Result one;
        with_threads(1, [&] { one = run(given); });
        for (const int n : {2, 3}) {
            CAPTURE(n);
            with_threads(n, [&] {
                const Result several = run(given);
                CHECK(one.y == several.y);
                CHECK(one.dx == several.dx);
                CHECK(one.dw == several.dw);
                CHECK(one.dbias == several.dbias);
            });
        }
    }
}

}  // namespace

TEST_SUITE("compute/linear") {
    TEST_CASE("a linear layer's output and gradients agree with plain loops in double precision") {
        // 2e-6 of the largest element: sums of up to 300 products with 24 bits each.
        for (const Sizes s :
             {Sizes{1, 1, 1}, Sizes{7, 5, 3}, Sizes{33, 17, 6}, Sizes{300, 13, 11}}) {
            CAPTURE(s.rows);
            const Given given{s};
            const auto& [sizes, x, w, bias, dout] = given;
            const Result r = run(given);
            CHECK(distance(r.y, reference::linear(widen(x), widen(w), widen(bias), s.rows, s.in,
                                                  s.out)) < 2e-6);
            if (s.rows > 40) continue;  // the complex step costs one forward pass per element
            using V = std::vector<Complex>;
            const auto of = [&](const V& a, const V& b, const V& c) {
                return reference::linear(a, b, c, s.rows, s.in, s.out);
            };
            const V xc = widen<Complex>(x);
            const V wc = widen<Complex>(w);
            const V bc = widen<Complex>(bias);
            CHECK(distance(r.dx, gradient([&](const V& v) { return of(v, wc, bc); }, x, dout)) <
                  2e-6);
            CHECK(distance(r.dw, gradient([&](const V& v) { return of(xc, v, bc); }, w, dout)) <
                  2e-6);
            CHECK(distance(r.dbias,
                           gradient([&](const V& v) { return of(xc, wc, v); }, bias, dout)) < 2e-6);
        }
    }

    TEST_CASE("wide layers and many rows, which are computed in pieces, agree as well") {
        // Linear layers are their own gradients: dx = dout w, dw = doutᵀ x. 4e-6: sums of 700
        // terms.
        const auto transposed = [](const std::vector<double>& m, std::int64_t rows) {
            const auto r_count = static_cast<std::size_t>(rows);
            const std::size_t c_count = m.size() / r_count;
            std::vector<double> t;
            for (std::size_t c = 0; c < c_count; ++c) {
                for (std::size_t r = 0; r < r_count; ++r)
                    t.push_back(m[r * c_count + c]);
            }
            return t;
        };
        for (const Sizes s : {Sizes{487, 515, 67}, Sizes{250, 70, 530}, Sizes{700, 9, 66}}) {
            CAPTURE(s.rows);
            const Given given{s};
            const auto& [sizes, x, w, bias, dout] = given;
            const Result r = run(given);
            CHECK(distance(r.y, reference::linear(widen(x), widen(w), widen(bias), s.rows, s.in,
                                                  s.out)) < 4e-6);
            CHECK(distance(r.dx, reference::linear(widen(dout), transposed(widen(w), s.out), {},
                                                   s.rows, s.out, s.in)) < 4e-6);
            CHECK(distance(r.dw, reference::linear(transposed(widen(dout), s.rows),
                                                   transposed(widen(x), s.rows), {}, s.out, s.rows,
                                                   s.in)) < 4e-6);
        }
    }

    TEST_CASE("weight and bias gradients are added to what is there, and an empty dx is left out") {
        // x = [1 2; 3 4], w = [1 1], dout = [1; 10]: dw = [31 42], dbias = 11.
        const std::vector<float> x{1, 2, 3, 4};
        const std::vector<float> w{1, 1};
        const std::vector<float> dout{1, 10};
        std::vector<float> dw{100, 200};
        std::vector<float> dbias{1000};
        linear_backward({std::span(x), 2, 2}, {std::span(w), 1, 2}, {std::span(dout), 2, 1}, {},
                        {std::span(dw), 1, 2}, dbias);
        CHECK(dw == std::vector<float>{131, 242});
        CHECK(dbias == std::vector<float>{1011});
    }

    TEST_CASE("weight gradients that replace what is there are those added to nothing") {
        // 1,100 rows: more than are packed at a time in either precision. Of 600 columns of dout
        // and fewer of x one thread packs pieces of dout.
        for (const Sizes s : {Sizes{1100, 35, 20}, Sizes{0, 35, 20}, Sizes{1100, 20, 600}}) {
            CAPTURE(s.rows);
            const auto x = draw("x", s.rows * s.in);
            const auto w = draw("w", s.out * s.in);
            const auto dout = draw("dout", s.rows * s.out);
            for (const auto precision : {Precision::f32, Precision::bf16}) {
                at_every_isa([&] {
                    std::vector<float> memory(
                        static_cast<std::size_t>(Panels::floats(s.out, s.in, precision)));
                    const auto panels =
                        pack(Matrix<const float>(w, s.out, s.in), precision, memory.data());
                    const auto gradient = [&](float before, WeightGradient into) {
                        std::vector<float> dw(w.size(), before);
                        linear_backward(Matrix<const float>(x, s.rows, s.in), panels,
                                        Matrix<const float>(dout, s.rows, s.out), {}, {},
                                        {std::span(dw), s.out, s.in}, {}, into);
                        return dw;
                    };
                    const float nan = std::numeric_limits<float>::quiet_NaN();
                    for (const int threads : {1, 3}) {
                        with_threads(threads, [&] {
                            CHECK(gradient(nan, WeightGradient::replace) ==
                                  gradient(0.0F, WeightGradient::add));
                        });
                    }
                });
            }
        }
    }

    TEST_CASE("without a bias the output is the bare product") {
        const std::vector<float> x{1, 2};
        const std::vector<float> w{3, 4, 5, 6};
        std::vector<float> y{9, 9};
        linear({std::span(x), 1, 2}, {std::span(w), 2, 2}, {}, {std::span(y), 1, 2});
        CHECK(y == std::vector<float>{11, 17});
    }

    TEST_CASE("a linear layer gives the same bits on one thread and on several") {
        at_every_isa([] { check_threads(); });
    }

    TEST_CASE("a linear layer refuses shapes that disagree") {
        std::vector<float> v(64);
        const std::span<float> s(v);
        const Matrix<float> a(s, 2, 3);
        const Matrix<float> w(s, 4, 3);
        CHECK_THROWS_AS(linear(a, {s, 4, 2}, {}, {s, 2, 4}), std::logic_error);
        CHECK_THROWS_AS(linear(a, w, {}, {s, 2, 5}), std::logic_error);
        CHECK_THROWS_AS(linear(a, w, s.first(3), {s, 2, 4}), std::logic_error);
        CHECK_THROWS_AS(linear_backward(a, w, {s, 3, 4}, {}, w, {}), std::logic_error);
        CHECK_THROWS_AS(linear_backward(a, w, {s, 2, 4}, {s, 2, 2}, w, {}), std::logic_error);
        CHECK_THROWS_AS(linear_backward(a, w, {s, 2, 4}, {}, {s, 4, 2}, {}), std::logic_error);
        CHECK_THROWS_AS(linear_backward(a, w, {s, 2, 4}, {}, w, s.first(3)), std::logic_error);
    }
}
