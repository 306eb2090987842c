#include "base/random.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <set>
#include <vector>

using mast::Permutation;
using mast::Random;

TEST_SUITE("base/random") {
    TEST_CASE("a stream depends on its key and on nothing else") {
        Random first(7, "mask", 3);
        Random noise(7, "mask", 4);
        Random again(7, "mask", 3);
        for (int i = 0; i < 100; ++i) {
            const auto drawn = first.bits();
            noise.bits();
            CHECK(drawn == again.bits());
        }
    }

    TEST_CASE("threefry gives the known answers of its authors") {
        // Lines "threefry4x32 20" of kat_vectors in the Random123 distribution.
        using Words = std::array<std::uint32_t, 4>;
        CHECK(mast::threefry(Words{}, Words{}) ==
              Words{0x9c6ca96a, 0xe17eae66, 0xfc10ecd4, 0x5256a7d8});
        constexpr std::uint32_t kOnes = 0xffffffff;
        CHECK(mast::threefry({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes, kOnes, kOnes}) ==
              Words{0x2a881696, 0x57012287, 0xf6c7446e, 0xa16a6732});
        CHECK(mast::threefry({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                             {0xa4093822, 0x299f31d0, 0x082efa98, 0xec4e6c89}) ==
              Words{0x59cd1dbb, 0xb8879579, 0x86b5d00c, 0xac8b6d84});
        CHECK(mast::threefry_key(0x0123456789abcdefU, 5) == Words{0x89abcdef, 0x01234567, 5, 0});
    }

    TEST_CASE("streams differ by seed, by purpose and by index") {
        const auto head = [](Random random) {
            return std::vector<std::uint32_t>{random.bits(), random.bits(), random.bits(),
                                              random.bits()};
        };
        const std::set<std::vector<std::uint32_t>> heads{
            head(Random(1, "a", 0)), head(Random(2, "a", 0)), head(Random(1, "b", 0)),
            head(Random(1, "a", 1)), head(Random(1, "a", std::uint64_t{1} << 32U))};
        CHECK(heads.size() == 5);
    }

    TEST_CASE("uniform draws fill the unit interval evenly") {
        Random random(1, "uniform", 0);
        constexpr int kDraws = 100000;
        std::vector<int> bins(10);
        double sum = 0;
        for (int i = 0; i < kDraws; ++i) {
            const double value = random.uniform();
            REQUIRE(value >= 0);
            REQUIRE(value < 1);
            sum += value;
            ++bins[static_cast<std::size_t>(value * 10)];
        }
        // Five standard deviations: sqrt(1/12/n) of the mean, sqrt(n p (1-p)) of a bin.
        CHECK(std::abs(sum / kDraws - 0.5) < 5 * std::sqrt(1.0 / 12 / kDraws));
        for (const int count : bins)
            CHECK(std::abs(count - 10000) < 5 * 95);
    }

    TEST_CASE("whole numbers below n are equally likely") {
        Random random(2, "below", 0);
        std::vector<int> count(7);
        for (int i = 0; i < 70000; ++i)
            ++count[static_cast<std::size_t>(random.below(7))];
        for (const int seen : count)
            CHECK(std::abs(seen - 10000) < 5 * 93);
        CHECK(Random(3, "one", 0).below(1) == 0);
    }

    TEST_CASE("normal draws have mean 0, variance 1 and a normal's fourth moment") {
        Random random(4, "normal", 0);
        constexpr int kDraws = 200000;
        double sum = 0;
        double square = 0;
        double fourth = 0;
        for (int i = 0; i < kDraws; ++i) {
            const double value = random.normal();
            sum += value;
            square += value * value;
            fourth += value * value * value * value;
        }
        CHECK(std::abs(sum / kDraws) < 5 / std::sqrt(kDraws));
        CHECK(std::abs(square / kDraws - 1) < 5 * std::sqrt(2.0 / kDraws));
        CHECK(std::abs(fourth / kDraws - 3) < 5 * std::sqrt(96.0 / kDraws));
    }
}

TEST_SUITE("base/permutation") {
    TEST_CASE("every element comes once, for sizes around powers of two") {
        for (const std::int64_t n : {1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 1000}) {
            CAPTURE(n);
            const Permutation order(n, 1, "order", 0);
            std::set<std::int64_t> seen;
            for (std::int64_t i = 0; i < n; ++i) {
                const auto element = order(i);
                REQUIRE(element >= 0);
                REQUIRE(element < n);
                seen.insert(element);
            }
            CHECK(static_cast<std::int64_t>(seen.size()) == n);
        }
    }

    TEST_CASE("each epoch has its own order, and places are not biased") {
        constexpr std::int64_t kN = 10;
        std::vector<int> first(kN);
        for (std::uint64_t epoch = 0; epoch < 10000; ++epoch) {
            ++first[static_cast<std::size_t>(Permutation(kN, 5, "order", epoch)(0))];
        }
        for (const int count : first)
            CHECK(std::abs(count - 1000) < 5 * 30);
    }

    TEST_CASE("a trillion elements need no memory") {
        const Permutation order(1'000'000'000'000, 1, "order", 0);
        CHECK(order(0) != order(999'999'999'999));
    }
}
