#include <doctest/doctest.h>

#include <numeric>
#include <vector>

#include "compute/adamw_update.h"
#include "compute/attention.h"
#include "compute/cross_entropy.h"
#include "compute/dropout.h"
#include "compute/gelu.h"
#include "compute/gru_gate.h"
#include "compute/info_nce.h"
#include "compute/layer_norm.h"
#include "compute/linear.h"
#include "compute/mse.h"
#include "compute/oracle.h"
#include "compute/relu.h"
#include "compute/row_lists.h"
#include "compute/rows.h"
#include "compute/square_sum.h"
#include "support/count_allocations.h"

using namespace mast;
using namespace mast::compute;
using mast::test::allocations;

TEST_SUITE("compute/allocation") {
    TEST_CASE("the second call of every operation allocates nothing") {
        if (!mast::test::kCountsAllocations) {
            MESSAGE("skipped: this sanitizer lets nobody count");
            return;
        }
        constexpr std::int64_t kRows = 250;
        constexpr std::int64_t kIn = 520;
        constexpr std::int64_t kOut = 20;
        const auto x = oracle::draw("x", kRows * kIn);
        const auto w = oracle::draw("w", kOut * kIn);
        auto y = oracle::draw("y", kRows * kOut);
        auto dx = oracle::draw("dx", kRows * kIn);
        auto activated = dx;
        auto dw = oracle::draw("dw", kOut * kIn);
        auto in = oracle::draw("in", kIn);
        auto out = oracle::draw("out", kOut);
        auto mean = oracle::draw("mean", kRows);
        auto rstd = oracle::draw("rstd", kRows);
        const std::vector<std::int64_t> index(kRows, 3);
        const std::vector<std::int32_t> target(kRows, 3);
        const AttentionShape shape{25, 10, 2, 8};
        const std::vector<std::uint8_t> attend(100, 1);
        const auto rows = oracle::full_rows(25, 10);
        AttentionPlan plan;
        auto probabilities = oracle::draw("p", 25 * 2 * 100);
        auto attended = oracle::draw("attended", kRows * 8);
        auto dqkv = oracle::draw("dqkv", kRows * 24);
        const Matrix<const float> xm(x, kRows, kIn);
        const Matrix<const float> wm(w, kOut, kIn);
        const Matrix<float> ym{std::span(y), kRows, kOut};
        const Matrix<float> dxm{std::span(dx), kRows, kIn};
        const Matrix<float> activatedm{std::span(activated), kRows, kIn};
        const Matrix<float> am{std::span(attended), kRows, 8};
        const auto given_w = oracle::draw("w", kOut * kIn);
        auto gates = oracle::draw("gates", kRows * 2 * kOut);
        auto slope = y;
        auto mixed = y;
        const Matrix<float> gatesm{std::span(gates), kRows, 2 * kOut};
        const Matrix<float> slopem{std::span(slope), kRows, kOut};
        const Matrix<float> mixedm{std::span(mixed), kRows, kOut};
        const Matrix<float> dwm{std::span(dw), kOut, kIn};
        std::vector<std::int64_t> each(kRows);
        std::iota(each.begin(), each.end(), 0);
        DropoutKey dropped;
        dropped.rate = 0.1;
        const auto of_gates = [&] {
            gru_gates(ym, out, gatesm, slopem);
            gru_mix(ym, gatesm, slopem, mixedm);
            gru_mix_backward(ym, gatesm, slopem, mixedm, gatesm, slopem);
            gru_gates_backward(ym, gatesm, slopem, gatesm, mixedm, out);
        };
        const auto of_unpacked = [&](Precision precision) {
            linear(xm, Unpacked{wm, true, precision}, out, ym, mixedm);
            linear_gelu(xm, Unpacked{wm, true, precision}, out, mixedm, slopem);
            linear_backward(xm, Unpacked{wm, false, precision}, ym, {}, dxm, dwm, out);
        };
        const auto step = [&] {
            linear(xm, wm, out, ym);
            linear_backward(xm, wm, ym, dxm, {std::span(dw), kOut, kIn}, out);
            layer_norm(xm, in, in, dxm, mean, rstd);
            layer_norm_backward(xm, in, mean, rstd, xm, dxm, in, in);
            gelu(xm, dxm);
            gelu(xm, activatedm, dxm);
            squared_error(xm, xm, 1.0F, dxm);
            cross_entropy(ym, target, 1.0F, ym);
            info_nce(ym, ym, 1.0F, mixedm);
            gather_rows(xm, index, dxm);
            scatter_add_rows(xm, index, dxm);
            place_rows(xm, each, dxm);
            relu(y, mixed);
            relu_backward(y, y, mixed);
            dropout(dropped, rows.view().keys, ym, mixedm);
            dropout_add(dropped, rows.view().keys, ym, ym, mixedm);
            square_sum(x);
            adamw_update({0.9F, 0.99F, 1, 1e-8F, 1e-3F, 1, 1},
                         {kOut * kIn, given_w.data(), dw.data(), dx.data(), activated.data()});
            of_gates();
            of_unpacked(Precision::f32);
            of_unpacked(Precision::bf16);
            plan.make(shape, rows.view(), attend);
            attention(plan, {x.data(), kRows, 24}, probabilities, am);
            attention_backward(plan, {x.data(), kRows, 24}, probabilities, am,
                               {std::span(dqkv), kRows, 24});
        };
        // One thread: which of several comes to a piece first, and so when each of them takes its
        // working memory, is left to chance.
        oracle::with_threads(1, [&] {
            step();
            const long before = allocations;
            step();
            CHECK(allocations - before == 0);
        });
        CHECK(allocations > 0);  // the counter itself works
    }
}
