#include "compute/attention.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "compute/isa.h"
#include "compute/oracle.h"
#include "compute/reference.h"

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

/// Sample b: all valid; padding at the end; padding at the start; nothing valid; and again.
Bytes padding(std::int64_t batch, std::int64_t n) {
    Bytes valid;
    for (std::int64_t b = 0; b < batch; ++b) {
        for (std::int64_t k = 0; k < n; ++k) {
            const bool kept[] = {true, k < n / 2, k >= n / 3, false};
            valid.push_back(kept[b % 4] ? 1 : 0);
        }
    }
    return valid;
}

struct Result {
    std::vector<float> probabilities;
    std::vector<float> out;
    std::vector<float> dqkv;
    bool operator==(const Result&) const = default;
};

Result run(const AttentionShape& s, const std::vector<float>& qkv, const AttentionMask& mask,
           const std::vector<float>& dout, const DropoutKey& dropout = {}) {
    const std::int64_t rows = s.batch * s.tokens;
    Result r{std::vector<float>(static_cast<std::size_t>(s.heads * rows * s.tokens), 9.0F),
             std::vector<float>(static_cast<std::size_t>(rows * s.width), 9.0F),
             std::vector<float>(qkv.size(), 9.0F)};
    attention(s, {std::span(qkv), rows, 3 * s.width}, mask, r.probabilities,
              {std::span(r.out), rows, s.width}, dropout);
    attention_backward(s, {std::span(qkv), rows, 3 * s.width}, mask, r.probabilities,
                       {std::span(dout), rows, s.width}, {std::span(r.dqkv), rows, 3 * s.width},
                       dropout);
    return r;
}

void compare(const AttentionShape& s, const AttentionMask& mask, bool with_gradient,
             const DropoutKey& dropout = {}) {
    CAPTURE(s.tokens);
    CAPTURE(s.width);
    const auto qkv = draw("qkv", s.batch * s.tokens * 3 * s.width);
    const auto dout = draw("dout", s.batch * s.tokens * s.width);
    const Result r = run(s, qkv, mask, dout, dropout);
    // Scores reach about 10 and carry 24 bits, so weights are good to a few 1e-7 each.
    CHECK(distance(r.out, reference::attention(s, widen(qkv), mask, dropout)) < 2e-6);
    if (!with_gradient) return;
    const auto f = [&](const std::vector<Complex>& v) {
        return reference::attention(s, v, mask, dropout);
    };
    CHECK(distance(r.dqkv, gradient(f, qkv, dout)) < 4e-6);
}

}  // namespace

TEST_SUITE("compute/attention") {
    TEST_CASE("attention and its gradient agree with plain loops under every kind of mask") {
        for (const Isa level : {Isa::baseline, Isa::avx2, Isa::avx512}) {
            limit_isa(level);
            for (const std::int64_t n : {1, 5, 6, 13}) {
                const AttentionShape s{2, n, 2, 6};
                for (const Bytes& attend : {causal(n), random_mask(n), band(n),
                                            Bytes(static_cast<std::size_t>(n * n), 1)}) {
                    compare(s, {attend, {}}, true);
                    compare(s, {attend, padding(2, n)}, true);
                }
            }
        }
        limit_isa(Isa::avx512);
    }

    TEST_CASE("attention agrees with plain loops at odd head widths and many tokens") {
        for (const Isa level : {Isa::baseline, Isa::avx2, Isa::avx512}) {
            limit_isa(level);
            for (const std::int64_t depth : {1, 7, 16, 17, 32, 33, 64}) {
                compare({4, 37, 2, 2 * depth}, {random_mask(37), padding(4, 37)}, false);
            }
            compare({1, 130, 1, 128}, {causal(130), {}}, false);
            compare({1, 64, 3, 60}, {band(64), {}}, false);
        }
        limit_isa(Isa::avx512);
    }

    TEST_CASE("the gradient agrees with the complex step beyond one tile and one vector") {
        compare({1, 19, 1, 9}, {random_mask(19), {}}, true);
        compare({1, 34, 1, 4}, {causal(34), {}}, true);
    }

    TEST_CASE("dropped probabilities reach neither the values nor a gradient") {
        DropoutKey dropout;
        dropout.rate = 0.3;
        dropout.seed = 11;
        dropout.step = 2;
        dropout.sample = 9;
        dropout.site = 4;
        for (const Isa level : {Isa::baseline, Isa::avx2, Isa::avx512}) {
            limit_isa(level);
            for (const std::int64_t n : {1, 5, 6, 13}) {
                compare({2, n, 3, 6}, {causal(n), padding(2, n)}, true, dropout);
                compare({3, n, 1, 2}, {random_mask(n), {}}, true, dropout);
            }
            compare({2, 37, 2, 18}, {random_mask(37), padding(2, 37)}, false, dropout);
            compare({1, 130, 2, 16}, {causal(130), {}}, false, dropout);
        }
        limit_isa(Isa::avx512);
        // Kept are the probabilities before; the output is another.
        const AttentionShape s{2, 13, 2, 8};
        const auto qkv = draw("qkv", 2 * 13 * 24);
        const auto dout = draw("dout", 2 * 13 * 8);
        const Bytes mask = causal(13);
        const auto without = run(s, qkv, {mask, {}}, dout);
        const auto with = run(s, qkv, {mask, {}}, dout, dropout);
        CHECK(with.probabilities == without.probabilities);
        CHECK(with.out != without.out);
        dropout.rate = 0;
        CHECK(run(s, qkv, {mask, {}}, dout, dropout) == without);
    }

    TEST_CASE("attention of two tokens, by hand") {
        // One head of width 1: q = (1, 2), k = (0, ln 2), v = (10, 40), all allowed.
        // Row 0: weights 1 : 2, so (10 + 80) / 3 = 30. Row 1: weights 1 : 4, so (10 + 160) / 5
        // = 34.
        const float ln2 = std::log(2.0F);
        const std::vector<float> qkv{1, 0, 10, 2, ln2, 40};
        const Bytes all(4, 1);
        const Result r = run({1, 2, 1, 1}, qkv, {all, {}}, {0, 0});
        CHECK(distance(r.out, {30.0, 34.0}) < 3e-7);
        CHECK(distance(r.probabilities, {1.0 / 3, 2.0 / 3, 0.2, 0.8}) < 3e-7);
    }

    TEST_CASE("a row that may look at nothing gives zeros and passes no gradient") {
        const AttentionShape s{1, 7, 1, 3};
        const auto qkv = draw("qkv", 7 * 9);
        const auto dout = draw("dout", 7 * 3);
        const Bytes nothing(49, 0);
        const Result r = run(s, qkv, {nothing, {}}, dout);
        CHECK(r.out == std::vector<float>(21, 0.0F));
        CHECK(r.probabilities == std::vector<float>(49, 0.0F));
        CHECK(r.dqkv == std::vector<float>(63, 0.0F));
    }

    TEST_CASE("forbidden tokens have weight zero exactly, and do not matter") {
        const AttentionShape s{1, 20, 2, 8};
        auto qkv = draw("qkv", 20 * 24);
        const auto dout = draw("dout", 20 * 8);
        const Bytes mask = causal(20);
        const Result before = run(s, qkv, {mask, {}}, dout);
        for (std::int64_t i = 15 * 24; i < 20 * 24; ++i)
            qkv[static_cast<std::size_t>(i)] += 5.0F;
        const Result after = run(s, qkv, {mask, {}}, dout);
        CHECK(std::equal(before.out.begin(), before.out.begin() + 15 * 8, after.out.begin()));
        CHECK(after.out != before.out);
        for (std::size_t i = 0; i < before.probabilities.size(); ++i) {
            if (mask[i % 400] == 0) CHECK(before.probabilities[i] == 0.0F);
        }
    }

    TEST_CASE("large scores neither overflow nor lose the sum") {
        const std::vector<float> qkv{300, 300, 1, 300, -300, 2, 1, 0, 3};
        const Bytes all(9, 1);
        const Result r = run({1, 3, 1, 1}, qkv, {all, {}}, {1, 1, 1});
        CHECK(r.out[0] == 1.0F);
        CHECK(r.out[1] == 1.0F);
    }

    TEST_CASE("attention gives the same bits on one thread and on several") {
        const AttentionShape s{3, 29, 4, 40};
        const auto qkv = draw("qkv", 3 * 29 * 120);
        const auto dout = draw("dout", 3 * 29 * 40);
        const Bytes attend = random_mask(29);
        const Bytes valid = padding(3, 29);
        Result one;
        with_threads(1, [&] { one = run(s, qkv, {attend, valid}, dout); });
        for (const int n : {2, 3}) {
            with_threads(n, [&] { CHECK(one == run(s, qkv, {attend, valid}, dout)); });
        }
    }

    TEST_CASE("a small call after a large one sees nothing of it") {
        const Bytes large = causal(90);
        const auto qkv = draw("qkv", 90 * 3 * 64);
        run({1, 90, 1, 64}, qkv, {large, {}}, draw("dout", 90 * 64));
        compare({2, 11, 1, 5}, {random_mask(11), padding(2, 11)}, true);
    }

    TEST_CASE("attention refuses shapes that disagree") {
        std::vector<float> v(400);
        const std::span<float> s(v);
        const Bytes mask(9, 1);
        const AttentionShape good{2, 3, 2, 4};
        const AttentionMask m{mask, {}};
        std::vector<float> probabilities(36);
        std::vector<float> out(24);
        CHECK_NOTHROW(attention(good, {s, 6, 12}, m, probabilities, {std::span(out), 6, 4}));
        CHECK_THROWS_AS(attention({2, 3, 3, 4}, {s, 6, 12}, m, s.first(54), {s, 6, 4}),
                        std::logic_error);
        CHECK_THROWS_AS(attention(good, {s, 6, 11}, m, s.first(36), {s, 6, 4}), std::logic_error);
        CHECK_THROWS_AS(attention(good, {s, 6, 12}, m, s.first(35), {s, 6, 4}), std::logic_error);
        CHECK_THROWS_AS(attention(good, {s, 6, 12}, m, s.first(36), {s, 5, 4}), std::logic_error);
        CHECK_THROWS_AS(attention(good, {s, 6, 12}, {Bytes(8, 1), {}}, s.first(36), {s, 6, 4}),
                        std::logic_error);
        CHECK_THROWS_AS(attention(good, {s, 6, 12}, {mask, Bytes(5, 1)}, s.first(36), {s, 6, 4}),
                        std::logic_error);
        CHECK_THROWS_AS(attention_backward(good, {s, 6, 12}, m, s.first(36), {s, 6, 4}, {s, 6, 11}),
                        std::logic_error);
    }
}
