#include "mask/ablation.h"

#include <doctest/doctest.h>

#include <numeric>

#include "mask/support.h"

namespace mast::mask {

TEST_SUITE("mask/ablation") {
    TEST_CASE("one later observation is masked, and what is read there is predicted") {
        const auto ablated = without_row(objective_of("inverse:k=2", 6));
        REQUIRE(ablated);
        const std::vector<std::uint8_t> valid{1, 1, 1, 1, 1, 0};
        std::vector<std::uint8_t> hidden(12);
        std::vector<std::uint8_t> predict(12);
        std::vector<int> times(12);
        for (std::uint64_t s = 0; s < 3000; ++s) {
            draw(*ablated, {1, s, 1.0}, valid, hidden, predict);
            REQUIRE(std::accumulate(hidden.begin(), hidden.end(), 0) == 1);
            REQUIRE(std::accumulate(predict.begin(), predict.end(), 0) == 1);
            for (std::size_t t = 0; t + 2 < 5; ++t)
                CHECK(predict[2 * t + 1] == hidden[2 * t + 4]);
            for (std::size_t i = 0; i < 12; ++i)
                times[i] += hidden[i];
        }
        // o_2, o_3 and o_4 with equal chances: deviation 26; five of them.
        for (const std::size_t row : {4U, 6U, 8U})
            CHECK(std::abs(times[row] - 1000) < 130);
    }

    TEST_CASE("objectives that read earlier, or hide, have no such row") {
        CHECK_FALSE(without_row(objective_of("policy", 4)));
        CHECK_FALSE(without_row(objective_of("forward", 4)));
        CHECK_FALSE(without_row(objective_of("random", 4)));
    }
}

}  // namespace mast::mask
