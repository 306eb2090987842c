#include "mask/leak.h"

#include <doctest/doctest.h>

#include "base/random.h"
#include "mask/attention.h"
#include "mask/support.h"

namespace mast::mask {

namespace {

/// (A or I)^layers by repeated boolean products.
Rows power(const Rows& attend, std::int64_t layers) {
    const std::size_t n = attend.size();
    Rows result(n, std::vector<int>(n, 0));
    for (std::size_t i = 0; i < n; ++i)
        result[i][i] = 1;
    for (std::int64_t l = 0; l < layers; ++l) {
        Rows next = result;
        for (std::size_t q = 0; q < n; ++q) {
            for (std::size_t c = 0; c < n; ++c) {
                if (attend[q][c] == 0) continue;
                for (std::size_t p = 0; p < n; ++p)
                    next[q][p] |= result[c][p];
            }
        }
        result = next;
    }
    return result;
}

/// One target at one row under a causal matrix from which some columns of that row are taken.
Objective single(const std::string& layout, std::int64_t steps, std::int64_t target,
                 std::int64_t row, const std::vector<std::int64_t>& hidden_columns) {
    auto objective = objective_of("policy", steps, layout);
    objective.readout.assign(objective.readout.size(), kNoReadout);
    objective.readout[static_cast<std::size_t>(target)] = row;
    for (const auto column : hidden_columns) {
        objective.attend[static_cast<std::size_t>(row * objective.tokens() + column)] = 0;
    }
    return objective;
}

}  // namespace

TEST_SUITE("mask/leak") {
    TEST_CASE("reachability agrees with powers of the matrix") {
        Random draws(3, "matrices", 0);
        auto objective = objective_of("policy", 5);
        const std::int64_t n = objective.tokens();
        for (int trial = 0; trial < 200; ++trial) {
            // Sparse enough that some ways are long and some are none.
            for (auto& seen : objective.attend)
                seen = draws.below(8) == 0 ? 1 : 0;
            for (auto& row : objective.readout)
                row = draws.below(n);
            const std::int64_t layers = 1 + draws.below(6);
            const auto rows = rows_of(objective);
            const auto leaks = find_leaks(objective, layers);
            std::size_t found = 0;
            for (std::int64_t target = 0; target < n; ++target) {
                const auto p = static_cast<std::size_t>(target);
                const auto q = static_cast<std::size_t>(objective.readout[p]);
                if (power(rows, layers)[q][p] == 0) continue;
                REQUIRE(found < leaks.size());
                const auto& leak = leaks[found++];
                CHECK(leak.target == target);
                CHECK(leak.row == objective.readout[p]);
                // The shortest: it arrives at this depth and at none before.
                CHECK(power(rows, leak.layers)[q][p] == 1);
                if (leak.layers > 0) CHECK(power(rows, leak.layers - 1)[q][p] == 0);
                REQUIRE(static_cast<std::int64_t>(leak.path.size()) == leak.layers + 1);
                CHECK(leak.path.front() == target);
                CHECK(leak.path.back() == leak.row);
                for (std::size_t i = 1; i < leak.path.size(); ++i) {
                    const auto to = static_cast<std::size_t>(leak.path[i]);
                    CHECK(rows[to][static_cast<std::size_t>(leak.path[i - 1])] == 1);
                }
            }
            CHECK(found == leaks.size());
        }
    }

    TEST_CASE("hiding the action alone leaks through the return-to-go") {
        // rtg,obs,act: a_0 is token 2, R_1 token 3, o_1 token 4.
        const auto alone = single("rtg,obs,act", 3, 2, 4, {2});
        CHECK(find_leaks(alone, 1).empty());
        const auto leaks = find_leaks(alone, 8);
        REQUIRE(leaks.size() == 1);
        CHECK(leaks[0].layers == 2);
        CHECK(leaks[0].text(alone.layout) == "a_0 -> row R_1 (layer 1) -> row o_1 (layer 2)");
        // Hiding the return-to-go alone shows the action directly.
        CHECK(find_leaks(single("rtg,obs,act", 3, 2, 4, {3}), 8).at(0).layers == 1);
        CHECK(find_leaks(single("rtg,obs,act", 3, 2, 4, {2, 3}), 12).empty());
    }

    TEST_CASE("hiding the action alone leaks through the reward that follows it") {
        // obs,act,rew: a_0 is token 1, r_0 token 2, o_1 token 3.
        CHECK(find_leaks(single("obs,act,rew", 3, 1, 3, {2}), 8).at(0).layers == 1);
        CHECK(find_leaks(single("obs,act,rew", 3, 1, 3, {1}), 8).at(0).layers == 2);
        CHECK(find_leaks(single("obs,act,rew", 3, 1, 3, {1, 2}), 12).empty());
        // obs,rew,act: a_0 is token 2, o_1 token 3.
        CHECK(find_leaks(single("obs,rew,act", 3, 2, 3, {2}), 12).empty());
    }

    TEST_CASE("hiding only the target of k steps leaks at depth two") {
        for (const std::int64_t k : {2, 3, 4}) {
            const auto leaks = find_leaks(single("obs,act", 6, 1, 2 * k, {1}), 8);
            REQUIRE(leaks.size() == 1);
            CHECK(leaks[0].layers == 2);
        }
    }

    TEST_CASE("the article's bands do not leak, and a band too narrow for the layout does") {
        for (int band = 1; band <= 7; ++band) {
            CHECK(find_leaks(objective_of("inverse:rm_idx=" + std::to_string(band), 4), 8).empty());
        }
        const auto narrow = objective_of("inverse:rm_idx=1", 3, "rtg,obs,act");
        const auto leaks = find_leaks(narrow, 8);
        REQUIRE(leaks.size() == 2);
        CHECK(leaks[0].text(narrow.layout) == "a_0 -> row o_1 (layer 1)");
    }

    TEST_CASE("an attention mask does not hide a row from itself") {
        const auto own = single("obs,act", 2, 1, 1, {1});
        const auto leaks = find_leaks(own, 0);
        REQUIRE(leaks.size() == 1);
        CHECK(leaks[0].layers == 0);
        CHECK(leaks[0].text(own.layout) == "a_0 -> row a_0 (its own)");
    }

    TEST_CASE("a bidirectional pass leaks around a hidden column") {
        auto objective = single("obs,act", 3, 1, 2, {});
        objective.attend = full_attention(6);
        objective.attend[2 * 6 + 1] = 0;
        CHECK(find_leaks(objective, 8).at(0).layers == 2);
        // Replaced at the input, it is safe.
        objective.target = Target::when_hidden;
        CHECK(find_leaks(objective, 8).empty());
    }

    TEST_CASE("policy in a layout with the action first is caught") {
        const auto objective = objective_of("policy", 2, "act,obs");
        CHECK(find_leaks(objective, 8).at(0).text(objective.layout) == "a_0 -> row o_0 (layer 1)");
    }
}

}  // namespace mast::mask
