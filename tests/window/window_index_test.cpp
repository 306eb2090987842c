#include "window/window_index.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "support/small_store.h"
#include "support/temp_dir.h"

namespace mast::window {

TEST_SUITE("window/index") {
    TEST_CASE("an episode of L steps has L - T + 1 windows, a short one has one") {
        const test::TempDir dir;
        test::SmallStore{{5, 2, 3, 4}, false, {0.0, 0.0, 0}}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const WindowIndex index(store, store::Split::train, 3);
        REQUIRE(index.count() == 3 + 1 + 1 + 2);
        const std::vector<Window> expected{{0, 0, 3}, {0, 1, 3}, {0, 2, 3}, {1, 0, 2},
                                           {2, 0, 3}, {3, 0, 3}, {3, 1, 3}};
        for (std::int64_t i = 0; i < index.count(); ++i) {
            CAPTURE(i);
            const auto window = index.at(i);
            CHECK(window.episode == expected[static_cast<std::size_t>(i)].episode);
            CHECK(window.start == expected[static_cast<std::size_t>(i)].start);
            CHECK(window.length == expected[static_cast<std::size_t>(i)].length);
        }
    }

    TEST_CASE("windows stay inside their split, and splits share no episode") {
        const test::TempDir dir;
        test::SmallStore{{6, 6, 6, 6, 6, 6, 6, 6}, false, {0.25, 0.0, 1}}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        std::set<std::int64_t> seen[2];
        const std::pair<store::Split, std::int64_t> cases[2]{{store::Split::train, 6},
                                                             {store::Split::val, 2}};
        for (int i = 0; i < 2; ++i) {
            const WindowIndex index(store, cases[i].first, 4);
            CHECK(index.count() == cases[i].second * 3);
            for (std::int64_t w = 0; w < index.count(); ++w)
                seen[i].insert(index.at(w).episode);
        }
        CHECK(seen[0].size() == 6);
        CHECK(seen[1].size() == 2);
        for (const auto episode : seen[1])
            CHECK(seen[0].count(episode) == 0);
    }

    TEST_CASE("some episodes of a split are drawn by seed, fewer are among more") {
        const test::TempDir dir;
        test::SmallStore{{6, 6, 6, 6, 6, 6, 6, 6}, false, {0.25, 0.0, 1}}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const auto drawn = [&](std::int64_t count, std::uint64_t seed) {
            const WindowIndex index(store, {store::Split::train, count, seed}, 4);
            CHECK(index.count() == count * 3);
            std::set<std::int64_t> episodes(index.episodes().begin(), index.episodes().end());
            CHECK(static_cast<std::int64_t>(episodes.size()) == count);
            for (const auto episode : episodes)
                CHECK(store.episodes()[static_cast<std::size_t>(episode)].split ==
                      store::Split::train);
            return episodes;
        };
        const auto two = drawn(2, 5);
        const auto four = drawn(4, 5);
        CHECK(std::includes(four.begin(), four.end(), two.begin(), two.end()));
        std::set<std::set<std::int64_t>> different;
        for (std::uint64_t seed = 0; seed < 8; ++seed)
            different.insert(drawn(2, seed));
        CHECK(different.size() > 1);
        CHECK_THROWS_WITH_AS(WindowIndex(store, {store::Split::train, 7, 5}, 4),
                             ((dir / "s.h5").string() +
                              ": the train split holds 6 episodes, expected at least the 7 asked "
                              "for (ask for fewer)")
                                 .c_str(),
                             DataError);
    }

    TEST_CASE("an empty split is refused with a cure") {
        const test::TempDir dir;
        test::SmallStore{{5, 5}, false, {0.0, 0.0, 0}}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        CHECK_THROWS_WITH_AS(
            WindowIndex(store, store::Split::test, 3),
            ((dir / "s.h5").string() +
             ": the test split holds no episode, expected at least one (choose another split, or "
             "ingest again with a fraction for it)")
                .c_str(),
            DataError);
    }
}

}  // namespace mast::window
