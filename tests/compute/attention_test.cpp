#include "compute/attention.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "compute/every_isa.h"
#include "compute/oracle.h"
#include "compute/reference.h"
#include "compute/row_lists.h"
#include "compute/words.h"

using namespace mast;
using namespace mast::compute;
using namespace mast::compute::oracle;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes causal(std::int64_t n) {
    Bytes mask;
    for (std::int64_t q = 0; q < n; ++q) {
        for (std::int64_t k = 0; k < n; ++k)
            mask.push_back(k <= q ? 1 : 0);
    }
    return mask;
}

/// About half of the pairs, and every fifth row sees nothing at all.
Bytes random_mask(std::int64_t n) {
    Random random(3, "mask", static_cast<std::uint64_t>(n));
    Bytes mask;
    for (std::int64_t q = 0; q < n; ++q) {
        for (std::int64_t k = 0; k < n; ++k) {
            mask.push_back(q % 5 != 4 && random.uniform() < 0.5 ? 1 : 0);
        }
    }
    return mask;
}

/// Row q sees columns q+2 .. q+7: neither the first columns nor the last.
Bytes band(std::int64_t n) {
    Bytes mask;
    for (std::int64_t q = 0; q < n; ++q) {
        for (std::int64_t k = 0; k < n; ++k)
            mask.push_back(k >= q + 2 && k < q + 8 ? 1 : 0);
    }
    return mask;
}

/// Sample b: all tokens; the first half; those from a third on; none; and again.
RowLists parts(std::int64_t batch, std::int64_t n) {
    RowLists rows;
    for (std::int64_t b = 0; b < batch; ++b) {
        Tokens tokens;
        for (const auto k : all_tokens(n)) {
            const bool kept[] = {true, k < n / 2, k >= n / 3, false};
            if (kept[b % 4]) tokens.push_back(k);
        }
        rows.add(tokens, tokens);
    }
    return rows;
}

/// Sample b: about 2/3 of the tokens, of which 1/b look, or (sample 0) all; no two samples alike.
RowLists scattered(std::int64_t batch, std::int64_t n) {
    RowLists rows;
    Random random(4, "rows", static_cast<std::uint64_t>(n));
    for (std::int64_t b = 0; b < batch; ++b) {
        Tokens keys;
        Tokens queries;
        for (const auto k : all_tokens(n)) {
            if (random.uniform() < 1.0 / 3) continue;
            keys.push_back(k);
            if (b == 0 || random.below(b) == 0) queries.push_back(k);
        }
        rows.add(keys, queries);
    }
    return rows;
}

struct Result {
    std::vector<float> probabilities;
    std::vector<float> out;
    std::vector<float> dqkv;
    bool operator==(const Result&) const = default;
};

/// Of attention and its gradient, with dout of a row for each query.
Result run(const AttentionShape& s, const RowLists& rows, const std::vector<float>& qkv,
           const Bytes& attend, const std::vector<float>& dout, const DropoutKey& dropout = {}) {
    AttentionPlan plan;
    plan.make(s, rows.view(), attend);
    const auto keys = plan.keys();
    const auto queries = plan.queries();
    Result r{std::vector<float>(static_cast<std::size_t>(plan.probabilities()), 9.0F),
             std::vector<float>(static_cast<std::size_t>(queries * s.width), 9.0F),
             std::vector<float>(qkv.size(), 9.0F)};
    attention(plan, {std::span(qkv), keys, 3 * s.width}, r.probabilities,
              {std::span(r.out), queries, s.width}, dropout);
    attention_backward(plan, {std::span(qkv), keys, 3 * s.width}, r.probabilities,
                       {std::span(dout), queries, s.width}, {std::span(r.dqkv), keys, 3 * s.width},
                       dropout);
    return r;
}

Result run_full(const AttentionShape& s, const std::vector<float>& qkv, const Bytes& attend,
                const std::vector<float>& dout, const DropoutKey& dropout = {}) {
    return run(s, full_rows(s.batch, s.tokens), qkv, attend, dout, dropout);
}

void compare(const AttentionShape& s, const RowLists& rows, const Bytes& attend, bool with_gradient,
             const DropoutKey& dropout = {}) {
    CAPTURE(s.tokens);
    CAPTURE(s.width);
    const auto qkv = draw("qkv", rows.first_key.back() * 3 * s.width);
    const auto dout = draw("dout", rows.first_query.back() * s.width);
    const Result r = run(s, rows, qkv, attend, dout, dropout);
    // Scores reach about 10 and carry 24 bits, so weights are good to a few 1e-7 each.
    CHECK(distance(r.out, reference::attention(s, rows.view(), widen(qkv), attend, dropout)) <
          2e-6);
    if (!with_gradient) return;
    const auto f = [&](const std::vector<Complex>& v) {
        return reference::attention(s, rows.view(), v, attend, dropout);
    };
    CHECK(distance(r.dqkv, gradient(f, qkv, dout)) < 4e-6);
}

/// The same in bfloat16, from operands that are exact in it: probabilities, their sum and gradients
/// of scores are rounded on their way, each by up to 2^-9 of itself.
void compare_rounded(AttentionShape s, const RowLists& rows, const Bytes& attend,
                     bool with_gradient, const DropoutKey& dropout = {}) {
    CAPTURE(s.tokens);
    CAPTURE(s.width);
    s.precision = Precision::bf16;
    AttentionPlan plan;
    plan.make(s, rows.view(), attend);
    const auto qkv = nearest(draw("qkv", plan.keys() * 3 * s.width));
    const auto dout = nearest(draw("dout", plan.queries() * s.width));
    Words qkv_words(Operand<const float>{std::span(qkv), plan.keys(), 3 * s.width});
    Words dout_words(Operand<const float>{std::span(dout), plan.queries(), s.width});
    std::vector<float> kept(static_cast<std::size_t>(plan.probabilities()), 9.0F);
    std::vector<float> out(dout.size(), 9.0F);
    std::vector<float> dqkv(qkv.size(), 9.0F);
    attention(plan, qkv_words.view(), kept, {std::span(out), plan.queries(), s.width}, dropout);
    attention_backward(plan, qkv_words.view(), kept, dout_words.view(),
                       {std::span(dqkv), plan.keys(), 3 * s.width}, dropout);
    CHECK(distance(out, reference::attention(s, rows.view(), widen(qkv), attend, dropout)) < 3e-3);
    if (!with_gradient) {
        // Single precision, which is compared with plain loops above, is near enough.
        s.precision = Precision::f32;
        CHECK(distance(dqkv, widen(run(s, rows, qkv, attend, dout, dropout).dqkv)) < 8e-3);
        return;
    }
    const auto f = [&](const std::vector<Complex>& v) {
        return reference::attention(s, rows.view(), v, attend, dropout);
    };
    CHECK(distance(dqkv, gradient(f, qkv, dout)) < 8e-3);
}

}  // namespace

TEST_SUITE("compute/attention") {
    TEST_CASE("attention and its gradient agree with plain loops under every kind of mask") {
        at_every_isa([&] {
            for (const std::int64_t n : {1, 5, 6, 13}) {
                const AttentionShape s{2, n, 2, 6};
                for (const Bytes& attend : {causal(n), random_mask(n), band(n),
                                            Bytes(static_cast<std::size_t>(n * n), 1)}) {
                    compare(s, full_rows(2, n), attend, true);
                    compare(s, parts(2, n), attend, true);
                    compare({3, n, 2, 6}, scattered(3, n), attend, true);
                }
            }
        });
    }

    TEST_CASE("attention agrees with plain loops at odd head widths and many tokens") {
        at_every_isa([&] {
            for (const std::int64_t depth : {1, 7, 16, 17, 32, 33, 64}) {
                compare({4, 37, 2, 2 * depth}, parts(4, 37), random_mask(37), false);
                compare({5, 37, 2, 2 * depth}, scattered(5, 37), random_mask(37), false);
            }
            compare({1, 130, 1, 128}, full_rows(1, 130), causal(130), false);
            compare({1, 64, 3, 60}, full_rows(1, 64), band(64), false);
        });
    }

    TEST_CASE("the gradient agrees with the complex step beyond one tile and one vector") {
        compare({1, 19, 1, 9}, full_rows(1, 19), random_mask(19), true);
        compare({1, 34, 1, 4}, full_rows(1, 34), causal(34), true);
        compare({3, 34, 1, 4}, scattered(3, 34), random_mask(34), true);
    }

    TEST_CASE("attention in bfloat16 agrees with plain loops, and so does its gradient") {
        DropoutKey dropout;
        dropout.rate = 0.3;
        dropout.seed = 11;
        at_every_isa([&] {
            for (const std::int64_t n : {1, 5, 6, 13}) {
                for (const Bytes& attend : {causal(n), random_mask(n), band(n),
                                            Bytes(static_cast<std::size_t>(n * n), 1)}) {
                    compare_rounded({2, n, 3, 6}, full_rows(2, n), attend, true);
                    compare_rounded({4, n, 1, 4}, parts(4, n), attend, true, dropout);
                    compare_rounded({3, n, 2, 12}, scattered(3, n), attend, true);
                }
            }
            compare_rounded({1, 34, 1, 2}, full_rows(1, 34), causal(34), true);
            compare_rounded({3, 34, 1, 2}, scattered(3, 34), random_mask(34), true, dropout);
            for (const std::int64_t depth : {2, 16, 18, 32, 34, 64})
                compare_rounded({5, 37, 2, 2 * depth}, scattered(5, 37), random_mask(37), false);
            compare_rounded({1, 130, 1, 128}, full_rows(1, 130), causal(130), false);
        });
    }

    TEST_CASE("in bfloat16 forbidden tokens do not matter either, and pairs end with a head") {
        AttentionShape s{1, 21, 2, 8, Precision::bf16};
        const Bytes mask = causal(21);
        const auto rows = full_rows(1, 21);
        AttentionPlan plan;
        plan.make(s, rows.view(), mask);
        auto qkv = draw("qkv", 21 * 24);
        const auto out_of = [&] {
            Words words(Operand<const float>{std::span(qkv), 21, 24});
            std::vector<float> kept(static_cast<std::size_t>(plan.probabilities()));
            std::vector<float> out(21 * 8);
            attention(plan, words.view(), kept, {std::span(out), 21, 8});
            // Rows of 32 halves, of which the keys that may be seen have any weight.
            const Operand<const float> p{std::span<const float>(kept), 2 * 21,
                                         AttentionPlan::kept_keys(21, Precision::bf16),
                                         Precision::bf16};
            for (std::int64_t row = 0; row < p.rows; ++row) {
                float sum = 0;
                for (std::int64_t k = 0; k < p.cols; ++k) {
                    if (k > row % 21) CHECK(p.at(row, k) == 0.0F);
                    sum += p.at(row, k);
                }
                CHECK(sum == doctest::Approx(1.0).epsilon(0.004));
            }
            return out;
        };
        const auto before = out_of();
        for (std::size_t i = 15 * 24; i < 21 * 24; ++i)
            qkv[i] += 5.0F;
        const auto after = out_of();
        CHECK(std::equal(before.begin(), before.begin() + 15 * 8, after.begin()));
        CHECK(after != before);
        s.width = 6;
        CHECK_THROWS_AS(plan.make(s, rows.view(), mask), std::logic_error);
    }

    TEST_CASE(
        "a row gives what it gives among all rows, if the keys that are left out are hidden") {
        constexpr std::int64_t kTokens = 23;
        const AttentionShape s{1, kTokens, 2, 6};
        const auto qkv = draw("qkv", kTokens * 18);
        Bytes attend = random_mask(kTokens);
        const Tokens keys{0, 2, 3, 7, 8, 9, 15, 16, 20, 22};
        const Tokens queries{2, 8, 9, 22};
        RowLists few;
        few.add(keys, queries);
        std::vector<float> few_qkv;
        for (const auto k : keys)
            few_qkv.insert(few_qkv.end(), qkv.begin() + k * 18, qkv.begin() + (k + 1) * 18);
        const auto some = run(s, few, few_qkv, attend, std::vector<float>(4 * 6));
        for (std::int64_t q = 0; q < kTokens; ++q) {
            for (std::int32_t k = 0; k < kTokens; ++k) {
                if (std::find(keys.begin(), keys.end(), k) == keys.end())
                    attend[static_cast<std::size_t>(q * kTokens + k)] = 0;
            }
        }
        const auto all = run_full(s, qkv, attend, std::vector<float>(kTokens * 6));
        std::vector<double> expected;
        for (const auto q : queries) {
            for (std::int64_t c = 0; c < 6; ++c)
                expected.push_back(
                    static_cast<double>(all.out[static_cast<std::size_t>(q * 6 + c)]));
        }
        CHECK(distance(some.out, expected) < 1e-6);
    }

    TEST_CASE("dropped probabilities reach neither the values nor a gradient") {
        DropoutKey dropout;
        dropout.rate = 0.3;
        dropout.seed = 11;
        dropout.step = 2;
        dropout.sample = 9;
        dropout.site = 4;
        at_every_isa([&] {
            for (const std::int64_t n : {1, 5, 6, 13}) {
                compare({4, n, 3, 6}, parts(4, n), causal(n), true, dropout);
                compare({3, n, 1, 2}, full_rows(3, n), random_mask(n), true, dropout);
                compare({3, n, 2, 6}, scattered(3, n), causal(n), true, dropout);
            }
            compare({2, 37, 2, 18}, scattered(2, 37), random_mask(37), false, dropout);
            compare({1, 130, 2, 16}, full_rows(1, 130), causal(130), false, dropout);
        });
        // Kept are the probabilities before; the output is another.
        const AttentionShape s{2, 13, 2, 8};
        const auto qkv = draw("qkv", 2 * 13 * 24);
        const auto dout = draw("dout", 2 * 13 * 8);
        const Bytes mask = causal(13);
        const auto without = run_full(s, qkv, mask, dout);
        const auto with = run_full(s, qkv, mask, dout, dropout);
        CHECK(with.probabilities == without.probabilities);
        CHECK(with.out != without.out);
        dropout.rate = 0;
        CHECK(run_full(s, qkv, mask, dout, dropout) == without);
    }

    TEST_CASE("attention of two tokens, by hand") {
        // One head of width 1: q = (1, 2), k = (0, ln 2), v = (10, 40), all allowed.
        // Row 0: weights 1 : 2, so (10 + 80) / 3 = 30. Row 1: weights 1 : 4, so (10 + 160) / 5
        // = 34.
        const float ln2 = std::log(2.0F);
        const std::vector<float> qkv{1, 0, 10, 2, ln2, 40};
        const Bytes all(4, 1);
        const Result r = run_full({1, 2, 1, 1}, qkv, all, {0, 0});
        CHECK(distance(r.out, {30.0, 34.0}) < 3e-7);
        CHECK(distance(r.probabilities, {1.0 / 3, 2.0 / 3, 0.2, 0.8}) < 3e-7);
    }

    TEST_CASE("a row that may look at nothing gives zeros and passes no gradient") {
        const AttentionShape s{1, 7, 1, 3};
        const auto qkv = draw("qkv", 7 * 9);
        const auto dout = draw("dout", 7 * 3);
        const Bytes nothing(49, 0);
        const Result r = run_full(s, qkv, nothing, dout);
        CHECK(r.out == std::vector<float>(21, 0.0F));
        CHECK(r.probabilities == std::vector<float>(49, 0.0F));
        CHECK(r.dqkv == std::vector<float>(63, 0.0F));
    }

    TEST_CASE("forbidden tokens have weight zero exactly, and do not matter") {
        const AttentionShape s{1, 20, 2, 8};
        auto qkv = draw("qkv", 20 * 24);
        const auto dout = draw("dout", 20 * 8);
        const Bytes mask = causal(20);
        const Result before = run_full(s, qkv, mask, dout);
        for (std::int64_t i = 15 * 24; i < 20 * 24; ++i)
            qkv[static_cast<std::size_t>(i)] += 5.0F;
        const Result after = run_full(s, qkv, mask, dout);
        CHECK(std::equal(before.out.begin(), before.out.begin() + 15 * 8, after.out.begin()));
        CHECK(after.out != before.out);
        for (std::size_t i = 0; i < before.probabilities.size(); ++i) {
            if (mask[i % 400] == 0) CHECK(before.probabilities[i] == 0.0F);
        }
    }

    TEST_CASE("large scores neither overflow nor lose the sum") {
        const std::vector<float> qkv{300, 300, 1, 300, -300, 2, 1, 0, 3};
        const Bytes all(9, 1);
        const Result r = run_full({1, 3, 1, 1}, qkv, all, {1, 1, 1});
        CHECK(r.out[0] == 1.0F);
        CHECK(r.out[1] == 1.0F);
    }

    TEST_CASE("attention gives the same bits on one thread and on several") {
        const AttentionShape s{3, 29, 4, 40};
        const Bytes attend = random_mask(29);
        for (const RowLists& rows : {parts(3, 29), scattered(3, 29)}) {
            const auto qkv = draw("qkv", rows.first_key.back() * 120);
            const auto dout = draw("dout", rows.first_query.back() * 40);
            Result one;
            with_threads(1, [&] { one = run(s, rows, qkv, attend, dout); });
            for (const int n : {2, 3}) {
                with_threads(n, [&] { CHECK(one == run(s, rows, qkv, attend, dout)); });
            }
        }
    }

    TEST_CASE("a small call after a large one sees nothing of it") {
        const Bytes large = causal(90);
        const auto qkv = draw("qkv", 90 * 3 * 64);
        run_full({1, 90, 1, 64}, qkv, large, draw("dout", 90 * 64));
        compare({2, 11, 1, 5}, parts(2, 11), random_mask(11), true);
    }

    TEST_CASE("a plan that is made anew knows nothing of the one before") {
        const Bytes attend = random_mask(17);
        const auto rows = scattered(3, 17);
        AttentionPlan used;
        const auto large = full_rows(4, 30);
        used.make({4, 30, 2, 8}, large.view(), causal(30));
        used.make({3, 17, 1, 4}, rows.view(), attend);
        AttentionPlan fresh;
        fresh.make({3, 17, 1, 4}, rows.view(), attend);
        const auto qkv = draw("qkv", rows.first_key.back() * 12);
        const auto out_of = [&](const AttentionPlan& plan) {
            std::vector<float> p(static_cast<std::size_t>(plan.probabilities()));
            std::vector<float> out(static_cast<std::size_t>(plan.queries() * 4));
            attention(plan, {std::span(qkv), plan.keys(), 12}, p,
                      {std::span(out), plan.queries(), 4});
            return out;
        };
        CHECK(out_of(used) == out_of(fresh));
    }

    TEST_CASE("attention refuses shapes that disagree") {
        std::vector<float> v(400);
        const std::span<float> s(v);
        const Bytes mask(9, 1);
        const auto rows = full_rows(2, 3);
        AttentionPlan plan;
        plan.make({2, 3, 2, 4}, rows.view(), mask);
        std::vector<float> probabilities(36);
        std::vector<float> out(24);
        CHECK_NOTHROW(attention(plan, {s, 6, 12}, probabilities, {std::span(out), 6, 4}));
        CHECK_THROWS_AS(attention(plan, {s, 6, 11}, s.first(36), {s, 6, 4}), std::logic_error);
        CHECK_THROWS_AS(attention(plan, {s, 6, 12}, s.first(35), {s, 6, 4}), std::logic_error);
        CHECK_THROWS_AS(attention(plan, {s, 6, 12}, s.first(36), {s, 5, 4}), std::logic_error);
        CHECK_THROWS_AS(attention_backward(plan, {s, 6, 12}, s.first(36), {s, 6, 4}, {s, 6, 11}),
                        std::logic_error);
        const Operand<const float> pairs(s, 6, 12, Precision::bf16);
        CHECK_THROWS_AS(attention(plan, pairs, s.first(36), {s, 6, 4}), std::logic_error);
        CHECK_THROWS_AS(attention_backward(plan, {s, 6, 12}, s.first(36),
                                           {s, 6, 4, Precision::bf16}, {s, 6, 12}),
                        std::logic_error);
        AttentionPlan none;
        CHECK_THROWS_AS(none.make({2, 3, 3, 4}, rows.view(), mask), std::logic_error);
        CHECK_THROWS_AS(none.make({2, 3, 2, 4}, rows.view(), Bytes(8, 1)), std::logic_error);
        CHECK_THROWS_AS(none.make({1, 3, 2, 4}, rows.view(), mask), std::logic_error);
        CHECK_THROWS_AS(none.make({2, 2, 2, 4}, rows.view(), Bytes(4, 1)), std::logic_error);
        auto strange = rows;
        strange.query[4] = 2;  // of the other sample
        CHECK_THROWS_AS(none.make({2, 3, 2, 4}, strange.view(), mask), std::logic_error);
    }
}
