#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string>

#include "mask/batch.h"
#include "mask/support.h"

namespace mast::mask {

namespace {

struct Drawn {
    std::vector<std::uint8_t> hidden, predict;
};

Drawn draw_one(const Objective& objective, std::uint64_t seed, std::uint64_t sample,
               const std::vector<std::uint8_t>& valid) {
    const auto n = static_cast<std::size_t>(objective.tokens());
    // Garbage on entry must not matter.
    Drawn drawn{std::vector<std::uint8_t>(n, 9), std::vector<std::uint8_t>(n, 9)};
    draw(objective, {seed, sample, 1.0}, valid, drawn.hidden, drawn.predict);
    return drawn;
}

std::vector<std::uint8_t> all_valid(std::int64_t steps) {
    return std::vector<std::uint8_t>(static_cast<std::size_t>(steps), 1);
}

}  // namespace

TEST_SUITE("mask/draw") {
    TEST_CASE("a ratio is the fraction hidden, exact in the mean even for short windows") {
        // 4 steps, ratio 0.3 of the actions: 1.2 of 4, so 1 or 2.
        const auto objective = objective_of("random:ratio=0.3,of=act", 4);
        const auto valid = all_valid(4);
        constexpr int kSamples = 20000;
        std::int64_t total = 0;
        for (int s = 0; s < kSamples; ++s) {
            const auto drawn = draw_one(objective, 1, static_cast<std::uint64_t>(s), valid);
            const auto count = std::accumulate(drawn.hidden.begin(), drawn.hidden.end(), 0);
            CHECK((count == 1 || count == 2));
            total += count;
        }
        // The deviation of the mean is sqrt(0.2 * 0.8 / 20000) = 0.0028 tokens; five of them.
        CHECK(std::abs(static_cast<double>(total) / kSamples - 1.2) < 0.0142);
    }

    TEST_CASE("every subset is equally likely") {
        // 2 of 4 actions: 6 subsets.
        const auto objective = objective_of("random:ratio=0.5,of=act", 4);
        std::map<std::string, int> seen;
        constexpr int kSamples = 12000;
        for (int s = 0; s < kSamples; ++s) {
            const auto drawn = draw_one(objective, 5, static_cast<std::uint64_t>(s), all_valid(4));
            ++seen[std::string(drawn.hidden.begin(), drawn.hidden.end())];
        }
        REQUIRE(seen.size() == 6);
        double chi2 = 0;
        for (const auto& [subset, count] : seen)
            chi2 += std::pow(count - 2000.0, 2) / 2000.0;
        CHECK(chi2 < 20.5);  // 0.1 % of chi square with 5 degrees of freedom
    }

    TEST_CASE("a range of ratios is drawn for each sample") {
        const auto objective = objective_of("random:ratio=0.2..0.8,of=obs+act", 50);
        double sum = 0;
        int least = 100;
        int most = 0;
        constexpr int kSamples = 4000;
        for (int s = 0; s < kSamples; ++s) {
            const auto drawn = draw_one(objective, 2, static_cast<std::uint64_t>(s), all_valid(50));
            const int count = std::accumulate(drawn.hidden.begin(), drawn.hidden.end(), 0);
            least = std::min(least, count);
            most = std::max(most, count);
            sum += count;
        }
        CHECK(least >= 20);
        CHECK(least <= 22);
        CHECK(most <= 80);
        CHECK(most >= 78);
        // Uniform over 60 tokens: deviation 17.3, of the mean 0.27; five of them.
        CHECK(std::abs(sum / kSamples - 50) < 1.4);
    }

    TEST_CASE("padding is neither hidden nor predicted nor counted") {
        const auto objective = objective_of("random:ratio=0.5,of=act", 6);
        const std::vector<std::uint8_t> valid{1, 1, 1, 1, 0, 0};
        for (std::uint64_t s = 0; s < 100; ++s) {
            const auto drawn = draw_one(objective, 3, s, valid);
            CHECK(std::accumulate(drawn.hidden.begin(), drawn.hidden.begin() + 8, 0) == 2);
            CHECK(std::accumulate(drawn.hidden.begin() + 8, drawn.hidden.end(), 0) == 0);
            CHECK(drawn.predict == drawn.hidden);
        }
    }

    TEST_CASE("a target needs its own step and that of its row") {
        const auto drawn = draw_one(objective_of("inverse", 4), 0, 0, {1, 1, 1, 0});
        // a_2 would be read at o_3, which is padding.
        CHECK(drawn.predict == std::vector<std::uint8_t>{0, 1, 0, 1, 0, 0, 0, 0});
        CHECK(drawn.hidden == std::vector<std::uint8_t>(8, 0));
    }

    TEST_CASE("a draw depends on seed, objective and sample, and on nothing else") {
        const auto objective = objective_of("random:ratio=0.5", 20);
        const auto other = objective_of("random:ratio=0.5,of=obs+act", 20);
        const auto first = draw_one(objective, 11, 4, all_valid(20)).hidden;
        CHECK(first == draw_one(objective, 11, 4, all_valid(20)).hidden);
        CHECK(first != draw_one(objective, 12, 4, all_valid(20)).hidden);
        CHECK(first != draw_one(objective, 11, 5, all_valid(20)).hidden);
        CHECK(first != draw_one(other, 11, 4, all_valid(20)).hidden);
    }

    TEST_CASE("a batch is masked sample by sample, whatever its size") {
        const std::vector<Objective> objectives{objective_of("random:ratio=0.4", 5),
                                                objective_of("inverse", 5)};
        const auto masked = [&](std::int64_t first, std::int64_t count) {
            Batch batch;
            batch.windows.resize(count, 5, {{{2, false}, {1, false}}},
                                 std::vector{Modality::obs, Modality::act});
            std::fill(batch.windows.valid.begin(), batch.windows.valid.end(), 1);
            mask_windows(objectives, {9, static_cast<std::uint64_t>(first), 1.0}, batch);
            return batch;
        };
        const auto whole = masked(0, 6);
        const auto part = masked(4, 2);
        REQUIRE(whole.views.size() == 2);
        CHECK(whole.views[1].objective == &objectives[1]);
        for (std::size_t v = 0; v < 2; ++v) {
            CHECK(std::equal(part.views[v].hidden.begin(), part.views[v].hidden.end(),
                             whole.views[v].hidden.begin() + 40));
            CHECK(std::equal(part.views[v].predict.begin(), part.views[v].predict.end(),
                             whole.views[v].predict.begin() + 40));
        }
    }
}

}  // namespace mast::mask
