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
#include "compute/buffer.h"
#include "compute/gelu.h"
#include "compute/layer_norm.h"
#include "compute/linear.h"
#include "compute/operand.h"
#include "compute/panels.h"
#include "compute/parallel.h"

namespace {

using namespace mast;
using namespace mast::compute;

/// On the boundaries that the operands of a step have.
Buffer draw(std::int64_t count) {
    Random random(1, "bench", 0);
    Buffer values(count);
    for (float& v : values.span())
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

/// An operand of a product and its memory.
class Words {
  public:
    Words(std::int64_t rows, std::int64_t cols, Precision precision)
        : rows_(rows), cols_(cols), precision_(precision), words_(draw(rows * cols)) {
        if (precision == Precision::f32) return;
        auto floats = draw(rows * cols);
        in_precision(floats.operand(rows, cols, Precision::f32), precision, words_.span().data());
    }
    Operand<float> view() { return words_.operand(rows_, cols_, precision_); }

  private:
    std::int64_t rows_;
    std::int64_t cols_;
    Precision precision_;
    Buffer words_;
};

const char* name_of(Precision precision) {
    return precision == Precision::f32 ? "f32" : "bf16";
}

Buffer panels_of(std::int64_t depth, std::int64_t cols, Precision precision) {
    return Buffer(Panels::floats(depth, cols, precision));
}

/// With weights that were packed before, as a training step has them.
void bench_linear(std::int64_t rows, std::int64_t in, std::int64_t out, Precision precision) {
    Words x(rows, in, precision);
    Words y(rows, out, precision);
    Words dx(rows, in, precision);
    auto w = draw(in * out);
    auto bias = draw(out);
    auto dw = draw(in * out);
    auto dbias = draw(out);
    auto forward_memory = panels_of(in, out, precision);
    auto backward_memory = panels_of(out, in, precision);
    const Matrix<const float> weights = w.matrix(out, in);
    const double flops = 2.0 * static_cast<double>(rows * in * out);
    const double word = precision == Precision::f32 ? 4 : 2;
    const double bytes = 2 * (sizeof(float) + word) * static_cast<double>(in * out);
    const std::string name =
        fmt::format("{} ({}, {}) x ({}, {})", name_of(precision), rows, in, in, out);
    Panels forward;
    Panels backward;
    const double packing = best_seconds([&] {
        forward = pack_transposed(weights, precision, forward_memory.span().data());
        backward = pack(weights, precision, backward_memory.span().data());
    });
    const double product =
        best_seconds([&] { linear(x.view(), forward, bias.span(), {}, y.view()); });
    const double by_w = best_seconds([&] {
        linear_backward(x.view(), backward, y.view(), {}, {}, dw.matrix(out, in), dbias.span());
    });
    const double both = best_seconds([&] {
        linear_backward(x.view(), backward, y.view(), {}, dx.view(), dw.matrix(out, in),
                        dbias.span());
    });
    show("linear " + name, product, flops, "GFLOP/s");
    show("linear by w " + name, by_w, flops, "GFLOP/s");
    show("linear by x and w " + name, both, 2.0 * flops, "GFLOP/s");
    show("packing of w, twice, " + name, packing, bytes, "GB/s");
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
    Words qkv(rows, 3 * s.width, s.precision);
    Words out(rows, s.width, s.precision);
    Words dqkv(rows, 3 * s.width, s.precision);
    const double product = 2.0 * static_cast<double>(rows * n * s.width);
    AttentionPlan plan;
    plan_all_rows(s, attend, plan);
    auto p = draw(plan.probabilities());
    const std::string name = fmt::format("{} {} B={} n={} H={} C={}", name_of(s.precision), kind,
                                         s.batch, n, s.heads, s.width);
    const double forward = best_seconds([&] { attention(plan, qkv.view(), p.span(), out.view()); });
    const double backward = best_seconds(
        [&] { attention_backward(plan, qkv.view(), p.span(), out.view(), dqkv.view()); });
    show("attention " + name, forward, 2.0 * product, "GFLOP/s");
    show("attention backward " + name, backward, 4.0 * product, "GFLOP/s");
}

void bench_rows(std::int64_t rows, std::int64_t cols, Precision precision) {
    auto x = draw(rows * cols);
    auto gain = draw(cols);
    Words y(rows, cols, precision);
    Words slope(rows, cols, precision);
    auto dx = draw(rows * cols);
    auto mean = draw(rows);
    auto rstd = draw(rows);
    auto dgain = draw(cols);
    auto dbias = draw(cols);
    const auto elements = static_cast<double>(rows * cols);
    const double out_bytes = elements * (precision == Precision::f32 ? 4 : 2);
    const std::string name = fmt::format("{} ({}, {})", name_of(precision), rows, cols);
    const Matrix<const float> xm = x.matrix(rows, cols);
    show("gelu " + name, best_seconds([&] { gelu(xm, y.view()); }), 4 * elements + out_bytes,
         "GB/s");
    show("gelu with slope " + name, best_seconds([&] { gelu(xm, y.view(), slope.view()); }),
         4 * elements + 2 * out_bytes, "GB/s");
    show("layer norm " + name, best_seconds([&] {
             layer_norm(xm, gain.span(), gain.span(), y.view(), mean.span(), rstd.span());
         }),
         4 * elements + out_bytes, "GB/s");
    if (precision != Precision::f32) return;
    show("layer norm backward " + name, best_seconds([&] {
             layer_norm_backward(xm, gain.span(), mean.span(), rstd.span(), xm,
                                 dx.matrix(rows, cols), dgain.span(), dbias.span());
         }),
         16 * elements, "GB/s");
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
    for (const auto precision : {Precision::f32, Precision::bf16}) {
        for (const std::int64_t rows : {480, 3840}) {
            bench_linear(rows, 256, 768, precision);
            bench_linear(rows, 256, 256, precision);
            bench_linear(rows, 256, 1024, precision);
            bench_linear(rows, 1024, 256, precision);
            bench_linear(rows, 128, 512, precision);
            bench_linear(rows, 512, 128, precision);
        }
        for (const char* kind : {"causal", "random"}) {
            bench_attention({8, 60, 8, 256, precision}, kind);
            bench_attention({64, 60, 8, 256, precision}, kind);
            bench_attention({64, 60, 1, 128, precision}, kind);
            bench_attention({4, 256, 12, 768, precision}, kind);
        }
        bench_rows(480, 1024, precision);
        bench_rows(3840, 256, precision);
    }
    return std::fflush(stdout) == 0 ? 0 : 1;
}
