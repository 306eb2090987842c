#include "compute/dropout.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <stdexcept>

#include "compute/every_isa.h"
#include "compute/oracle.h"
#include "compute/reference.h"
#include "compute/row_lists.h"

using namespace mast;
using namespace mast::compute;
using namespace mast::compute::oracle;

namespace {

DropoutKey key(double rate) {
    DropoutKey made;
    made.rate = rate;
    made.seed = 0xFEDCBA9876543210U;
    made.step = 7;
    made.objective = 1;
    made.sample = 3;
    made.site = 5;
    return made;
}

/// x as (samples, E), each sample a row.
Matrix<const float> as_rows(const std::vector<float>& x, std::int64_t samples) {
    return {std::span(x), samples, static_cast<std::int64_t>(x.size()) / samples};
}
Matrix<float> as_rows(std::vector<float>& x, std::int64_t samples) {
    return {std::span(x), samples, static_cast<std::int64_t>(x.size()) / samples};
}

/// Each sample is one row, of token 0.
std::vector<float> dropped(const DropoutKey& k, std::int64_t samples, const std::vector<float>& x) {
    std::vector<float> out(x.size(), 9.0F);
    dropout(k, SingleRows(samples).view(), as_rows(x, samples), as_rows(out, samples));
    return out;
}

/// 1 where an element of one sample is kept, else 0.
std::vector<float> mask(const DropoutKey& k, std::int64_t elements) {
    auto kept = dropped(k, 1, std::vector<float>(static_cast<std::size_t>(elements), 1.0F));
    for (auto& value : kept)
        value = value == 0.0F ? 0.0F : 1.0F;
    return kept;
}

double mean(const std::vector<float>& values) {
    double sum = 0;
    for (const float v : values)
        sum += static_cast<double>(v);
    return sum / static_cast<double>(values.size());
}

/// Correlation of a[i] with b[i + lag], in standard deviations of that of independent coins.
double dependence(const std::vector<float>& a, const std::vector<float>& b, std::size_t lag,
                  double kept) {
    const std::size_t count = a.size() - lag;
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
        sum += (static_cast<double>(a[i]) - kept) * (static_cast<double>(b[i + lag]) - kept);
    }
    return sum / (kept * (1 - kept)) / std::sqrt(static_cast<double>(count));
}

constexpr double kFiveSigma = 5.0;  // one false alarm in two million
constexpr std::int64_t kMany = 1 << 18;

}  // namespace

TEST_SUITE("compute/dropout") {
    TEST_CASE(
        "every element agrees with plain loops, at every vector width and number of threads") {
        for (const auto& size : {std::array<std::int64_t, 2>{1, 1},
                                 {3, 5},
                                 {2, 127},
                                 {2, 128},
                                 {3, 1000},
                                 {1, 20000},
                                 {40, 300}}) {
            const auto samples = size[0];
            const auto elements = size[1];
            CAPTURE(elements);
            const auto x = draw("x", samples * elements);
            // A factor of 2 is exact; others are rounded.
            std::vector<float> expected;
            for (const double v :
                 reference::dropout(key(0.5), SingleRows(samples).view(), widen(x)))
                expected.push_back(static_cast<float>(v));
            const auto rounded = reference::dropout(key(0.1), SingleRows(samples).view(), widen(x));
            at_every_isa([&] {
                for (const int threads : {1, 2, 3})
                    with_threads(threads,
                                 [&] { CHECK(dropped(key(0.5), samples, x) == expected); });
                auto in_place = x;
                dropout(key(0.5), SingleRows(samples).view(), as_rows(in_place, samples),
                        as_rows(in_place, samples));
                CHECK(in_place == expected);
                const auto out = dropped(key(0.1), samples, x);
                CHECK(distance(out, rounded) < 1.2e-7);
                for (std::size_t i = 0; i < out.size(); ++i)
                    if ((out[i] == 0.0F) != (rounded[i] == 0.0)) FAIL_CHECK(i);
            });
        }
    }

    TEST_CASE("what is kept is added to a residual in the same pass") {
        const SingleRows single(3);
        const auto rows = single.view();
        for (const std::int64_t elements : {1, 5, 300}) {
            const auto x = draw("x", 3 * elements);
            const auto residual = draw("residual", 3 * elements);
            for (const double rate : {0.0, 0.3}) {
                auto expected = reference::dropout(key(rate), rows, widen(x));
                for (std::size_t i = 0; i < expected.size(); ++i)
                    expected[i] += static_cast<double>(residual[i]);
                at_every_isa([&] {
                    std::vector<float> out(x.size(), 9.0F);
                    dropout_add(key(rate), rows, as_rows(x, 3), as_rows(residual, 3),
                                as_rows(out, 3));
                    CHECK(distance(out, expected) < 2e-7);
                    auto in_branch = x;
                    dropout_add(key(rate), rows, as_rows(in_branch, 3), as_rows(residual, 3),
                                as_rows(in_branch, 3));
                    CHECK(in_branch == out);
                    auto in_residual = residual;
                    dropout_add(key(rate), rows, as_rows(x, 3), as_rows(in_residual, 3),
                                as_rows(in_residual, 3));
                    CHECK(in_residual == out);
                });
            }
        }
    }

    TEST_CASE("a sample's mask is that of its number, alone or among others") {
        const auto x = draw("x", 4 * 150);
        const auto all = dropped(key(0.4), 4, x);
        for (std::uint32_t sample = 0; sample < 4; ++sample) {
            auto own = key(0.4);
            own.sample += sample;
            const std::vector<float> part(x.begin() + 150 * sample, x.begin() + 150 * (sample + 1));
            CHECK(dropped(own, 1, part) ==
                  std::vector<float>(all.begin() + 150 * sample, all.begin() + 150 * (sample + 1)));
        }
    }

    TEST_CASE("a row's mask is that of its token, whatever other rows there are") {
        for (const std::int64_t cols : {5, 64, 128, 200}) {
            CAPTURE(cols);
            const auto x = draw("x", 2 * 6 * cols);
            const RowLists all = full_rows(2, 6);
            std::vector<float> whole(x.size());
            dropout(key(0.4), all.view().keys, {std::span(x), 12, cols},
                    {std::span(whole), 12, cols});
            CHECK(whole == dropped(key(0.4), 2, x));
            RowLists some;
            some.add({1, 4}, {});
            some.add({}, {});
            some.add({0, 5}, {});
            auto k = key(0.4);
            std::vector<float> picked;
            std::vector<float> expected;
            for (const std::int64_t row : {1, 4, 6, 11}) {
                picked.insert(picked.end(), x.begin() + row * cols, x.begin() + (row + 1) * cols);
                expected.insert(expected.end(), whole.begin() + row * cols,
                                whole.begin() + (row + 1) * cols);
            }
            // The empty sample in the middle takes a number of its own.
            const auto apart = reference::dropout(k, some.view().keys, widen(picked));
            const Matrix<float> rows{std::span(picked), 4, cols};
            dropout(k, some.view().keys, rows, rows);
            CHECK(distance(picked, apart) < 1.2e-7);
            CHECK(std::equal(picked.begin(), picked.begin() + 2 * cols, expected.begin()));
            CHECK_FALSE(
                std::equal(picked.begin() + 2 * cols, picked.end(), expected.begin() + 2 * cols));
        }
    }

    TEST_CASE("the rate in effect is the one asked for, to one part in 65536") {
        for (const double rate : {1.0 / 65536, 0.01, 0.1, 0.3, 0.5, 0.9}) {
            CAPTURE(rate);
            CHECK(std::abs(dropped_of_65536(key(rate)) / 65536.0 - rate) <= 0.5 / 65536);
            const double kept = 1 - dropped_of_65536(key(rate)) / 65536.0;
            const double deviation = std::sqrt(kept * (1 - kept) / static_cast<double>(kMany));
            CHECK(std::abs(mean(mask(key(rate), kMany)) - kept) < kFiveSigma * deviation);
            // Each of the 128 places of a chunk.
            const auto whole = mask(key(rate), kMany);
            for (std::size_t place = 0; place < 128; ++place) {
                std::vector<float> column;
                for (std::size_t i = place; i < whole.size(); i += 128)
                    column.push_back(whole[i]);
                const double wide = deviation * std::sqrt(128.0);
                const double poisson = 5.0 * 128 / static_cast<double>(kMany);  // of rare drops
                CHECK(std::abs(mean(column) - kept) < kFiveSigma * wide + poisson);
            }
        }
    }

    TEST_CASE("the expected value of the output is the input") {
        const std::vector<float> x{1.0F, -2.0F, 0.5F, 30.0F, -1e-3F};
        constexpr int kSteps = 20000;
        std::vector<double> sums(x.size());
        auto k = key(0.3);
        for (int step = 0; step < kSteps; ++step) {
            k.step = static_cast<std::uint64_t>(step);
            const auto out = dropped(k, 1, x);
            for (std::size_t i = 0; i < x.size(); ++i)
                sums[i] += static_cast<double>(out[i]);
        }
        for (std::size_t i = 0; i < x.size(); ++i) {
            const double want = static_cast<double>(x[i]);
            const double deviation = std::abs(want) * std::sqrt(0.3 / 0.7 / kSteps);
            CHECK(std::abs(sums[i] / kSteps - want) < kFiveSigma * deviation);
        }
    }

    TEST_CASE("neighbours, samples, places, steps, objectives and seeds are independent") {
        for (const double rate : {0.1, 0.5}) {
            const double kept = 1 - dropped_of_65536(key(rate)) / 65536.0;
            const auto base = mask(key(rate), kMany);
            for (const std::size_t lag : {1, 2, 3, 4, 8, 15, 16, 17, 32, 64, 127, 128, 129, 2048}) {
                CAPTURE(lag);
                CHECK(std::abs(dependence(base, base, lag, kept)) < kFiveSigma);
            }
            std::array<DropoutKey, 9> others;
            others.fill(key(rate));
            others[0].sample += 1;
            others[1].site += 1;
            others[2].step += 1;
            others[3].objective += 1;
            others[4].seed += 1;
            others[5].seed ^= 1ULL << 40U;
            others[6].step ^= 1ULL << 40U;
            std::swap(others[7].sample, others[7].site);
            others[8].sample -= 1;
            others[8].site += 1;
            for (std::size_t i = 0; i < others.size(); ++i) {
                CAPTURE(i);
                const auto other = mask(others[i], kMany);
                for (const std::size_t lag : {0, 1, 16, 128})
                    CHECK(std::abs(dependence(base, other, lag, kept)) < kFiveSigma);
            }
        }
    }

    TEST_CASE("eight elements in a row take all their 256 patterns equally often") {
        const auto base = mask(key(0.5), kMany);
        std::array<double, 256> seen{};
        for (std::size_t i = 0; i < base.size(); i += 8) {
            std::size_t pattern = 0;
            for (std::size_t bit = 0; bit < 8; ++bit)
                pattern = 2 * pattern + (base[i + bit] == 0.0F ? 0 : 1);
            ++seen[pattern];
        }
        const double expected = static_cast<double>(kMany) / 8 / 256;
        double chi_squared = 0;
        for (const double count : seen)
            chi_squared += (count - expected) * (count - expected) / expected;
        // 255 degrees of freedom: mean 255, standard deviation 22.6.
        CHECK(std::abs(chi_squared - 255) < kFiveSigma * 22.6);
    }

    TEST_CASE("the gradient is the same map") {
        const auto x = draw("x", 2 * 70);
        const auto dout = draw("dout", 2 * 70);
        const auto f = [](const std::vector<Complex>& v) {
            return reference::dropout(key(0.4), SingleRows(2).view(), v);
        };
        CHECK(distance(dropped(key(0.4), 2, dout), gradient(f, x, dout)) < 1e-7);
    }

    TEST_CASE("nothing is dropped at a rate of 0, and never everything") {
        const auto x = draw("x", 300);
        CHECK(!drops(key(0)));
        CHECK(!drops(key(1e-6)));
        CHECK(dropped(key(0), 3, x) == x);
        CHECK(dropped(key(1e-6), 3, x) == x);
        CHECK(dropped_of_65536(key(0.9999999)) == 65535);
        CHECK(mean(mask(key(0.9999999), kMany)) > 0);
        CHECK_NOTHROW(dropout(key(0.5), SingleRows(0).view(), Matrix<const float>(x.data(), 0, 5),
                              Matrix<float>(nullptr, 0, 5)));
        CHECK_NOTHROW(dropout(key(0.5), SingleRows(2).view(), Matrix<const float>(x.data(), 2, 0),
                              Matrix<float>(nullptr, 2, 0)));
    }

    TEST_CASE("rates and sizes that do not fit are refused") {
        std::vector<float> x(6);
        const SingleRows two(2);
        const auto rows = two.view();
        const auto m = as_rows(x, 2);
        const auto other = as_rows(x, 3);
        CHECK_THROWS_AS(dropout(key(1.0), rows, m, m), std::logic_error);
        CHECK_THROWS_AS(dropout(key(-0.1), rows, m, m), std::logic_error);
        CHECK_THROWS_AS(dropout(key(std::nan("")), rows, m, m), std::logic_error);
        CHECK_THROWS_AS(dropout(key(0.1), rows, other, other), std::logic_error);
        CHECK_THROWS_AS(dropout(key(0.1), rows, m, other), std::logic_error);
        CHECK_THROWS_AS(dropout_add(key(0.1), rows, m, other, m), std::logic_error);
    }
}
