// Speed of single operations, to tell which one a slow step is made of: bench_ops [THREADS].
//
// Each line shows the best of several rounds by the wall clock; a busy machine shows less.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/random.h"
#include "compute/attention.h"
#include "compute/gelu.h"
#include "compute/layer_norm.h"
#include "compute/linear.h"
#include "compute/parallel.h"

namespace {

using namespace mast;
using namespace mast::compute;

std::vector<float> draw(std::int64_t count) {
    Random random(1, "bench", 0);
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& v : values)
        v = static_cast<float>(random.uniform() - 0.5);
    return values;
}

/// Seconds of the fastest of at least five runs, for at least 0.3 s in all.
template <class Body>
double best_seconds(const Body& body) {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    double best = 1e9;
    body();
    for (int run = 0; run < 5 || Clock::now() - start < std::chrono::milliseconds(300); ++run) {
        const auto before = Clock::now();
        body();
        best = std::min(best, std::chrono::duration<double>(Clock::now() - before).count());
    }
    return best;
}

void show(const std::string& what, double seconds, double amount, const char* unit) {
    fmt::print("{:<52}{:>10.3f} ms {:>8.1f} {}\n", what, seconds * 1e3, amount / seconds * 1e-9,
               unit);
}

void bench_linear(std::int64_t rows, std::int64_t in, std::int64_t out) {
    const auto x = draw(rows * in);
    const auto w = draw(in * out);
    const auto bias = draw(out);
    auto y = draw(rows * out);
    auto dx = draw(rows * in);
    auto dw = draw(in * out);
    const Matrix<const float> xm(x, rows, in);
    const Matrix<const float> wm(w, out, in);
    const Matrix<const float> ym(std::span<const float>(y), rows, out);
    const double flops = 2.0 * static_cast<double>(rows * in * out);
    const std::string name = fmt::format("({}, {}) x ({}, {})", rows, in, in, out);
    const double forward = best_seconds([&] { linear(xm, wm, bias, {std::span(y), rows, out}); });
    const double weights = best_seconds([&] {
        linear_backward(xm, wm, ym, {}, {std::span(dw), out, in}, {});
    });
    const double both = best_seconds([&] {
        linear_backward(xm, wm, ym, {std::span(dx), rows, in}, {std::span(dw), out, in}, {});
    });
    show("linear " + name, forward, flops, "GFLOP/s");
    show("linear by w " + name, weights, flops, "GFLOP/s");
    show("linear by x and w " + name, both, 2.0 * flops, "GFLOP/s");
}

void plan_all_rows(const AttentionShape& s, const std::vector<std::uint8_t>& attend,
                   AttentionPlan& plan) {
    std::vector<std::int32_t> token;
    std::vector<std::int64_t> query;
    std::vector<std::int64_t> first;
    for (std::int64_t row = 0; row <= s.batch * s.tokens; ++row) {
        if (row % s.tokens == 0) first.push_back(row);
        if (row == s.batch * s.tokens) break;
        token.push_back(static_cast<std::int32_t>(row % s.tokens));
        query.push_back(row);
    }
    plan.make(s, {token, first, query, first}, attend);
}

/// GFLOP/s count the products of the whole square, also where the mask lets blocks be skipped.
void bench_attention(const AttentionShape& s, const char* kind) {
    const std::int64_t n = s.tokens;
    std::vector<std::uint8_t> attend;
    Random random(2, "mask", 0);
    for (std::int64_t i = 0; i < n * n; ++i) {
        const bool seen = kind[0] == 'c' ? i % n <= i / n : random.uniform() < 0.7;
        attend.push_back(seen ? 1 : 0);
    }
    const std::int64_t rows = s.batch * n;
    const auto qkv = draw(rows * 3 * s.width);
    auto p = draw(s.heads * rows * n);
    auto out = draw(rows * s.width);
    auto dqkv = draw(rows * 3 * s.width);
    const Matrix<const float> qkv_m(qkv, rows, 3 * s.width);
    const double product = 2.0 * static_cast<double>(rows * n * s.width);
    AttentionPlan plan;
    plan_all_rows(s, attend, plan);
    const std::string name =
        fmt::format("{} B={} n={} H={} C={}", kind, s.batch, n, s.heads, s.width);
    const double forward = best_seconds([&] {
        attention(plan, qkv_m, p, {std::span(out), rows, s.width});
    });
    const double backward = best_seconds([&] {
        attention_backward(plan, qkv_m, p, {std::span<const float>(out), rows, s.width},
                           {std::span(dqkv), rows, 3 * s.width});
    });
    show("attention " + name, forward, 2.0 * product, "GFLOP/s");
    show("attention backward " + name, backward, 4.0 * product, "GFLOP/s");
}

void bench_rows(std::int64_t rows, std::int64_t cols) {
    const auto x = draw(rows * cols);
    const auto gain = draw(cols);
    auto y = draw(rows * cols);
    auto slope = draw(rows * cols);
    auto mean = draw(rows);
    auto rstd = draw(rows);
    auto dgain = draw(cols);
    auto dbias = draw(cols);
    const double bytes = 4.0 * static_cast<double>(rows * cols);
    const std::string name = fmt::format("({}, {})", rows, cols);
    const Matrix<const float> xm(x, rows, cols);
    const Matrix<float> ym{std::span(y), rows, cols};
    const Matrix<float> slopem{std::span(slope), rows, cols};
    show("gelu " + name, best_seconds([&] { gelu(xm, ym); }), 2.0 * bytes, "GB/s");
    show("gelu with slope " + name, best_seconds([&] { gelu(xm, ym, slopem); }), 3.0 * bytes,
         "GB/s");
    show("layer norm " + name, best_seconds([&] { layer_norm(xm, gain, gain, ym, mean, rstd); }),
         2.0 * bytes, "GB/s");
    show("layer norm backward " + name,
         best_seconds([&] { layer_norm_backward(xm, gain, mean, rstd, xm, ym, dgain, dbias); }),
         4.0 * bytes, "GB/s");
}

}  // namespace

// An exception here is a broken benchmark: it may end the program.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
    const int wanted = argc > 1 ? std::atoi(argv[1]) : threads();
    if (wanted < 1) {
        fmt::print(stderr, "bench_ops: THREADS: \"{}\" is not a whole number of 1 or more\n",
                   argv[1]);
        return 2;
    }
    set_threads(wanted);
    fmt::print("{} threads\n", threads());
    for (const std::int64_t rows : {480, 3840}) {
        bench_linear(rows, 256, 768);
        bench_linear(rows, 256, 256);
        bench_linear(rows, 256, 1024);
        bench_linear(rows, 1024, 256);
        bench_linear(rows, 128, 512);
        bench_linear(rows, 512, 128);
    }
    for (const char* kind : {"causal", "random"}) {
        bench_attention({8, 60, 8, 256}, kind);
        bench_attention({64, 60, 8, 256}, kind);
        bench_attention({64, 60, 1, 128}, kind);
        bench_attention({4, 256, 12, 768}, kind);
    }
    bench_rows(480, 1024);
    bench_rows(3840, 256);
    return std::fflush(stdout) == 0 ? 0 : 1;
}
