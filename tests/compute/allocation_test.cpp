#include <doctest/doctest.h>

#include "compute/attention.h"
#include "compute/cross_entropy.h"
#include "compute/gelu.h"
#include "compute/layer_norm.h"
#include "compute/linear.h"
#include "compute/mse.h"
#include "compute/oracle.h"
#include "compute/row_lists.h"
#include "compute/rows.h"
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
        const auto step = [&] {
            linear(xm, wm, out, ym);
            linear_backward(xm, wm, ym, dxm, {std::span(dw), kOut, kIn}, out);
            layer_norm(xm, in, in, dxm, mean, rstd);
            layer_norm_backward(xm, in, mean, rstd, xm, dxm, in, in);
            gelu(xm, dxm);
            gelu(xm, activatedm, dxm);
            squared_error(xm, xm, 1.0F, dxm);
            cross_entropy(ym, target, 1.0F, ym);
            gather_rows(xm, index, dxm);
            scatter_add_rows(xm, index, dxm);
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
