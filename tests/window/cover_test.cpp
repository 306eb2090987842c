#include "window/cover.h"

#include <doctest/doctest.h>

#include <array>
#include <utility>

#include "support/small_store.h"
#include "support/temp_dir.h"

namespace mast::window {

TEST_SUITE("window/cover") {
    TEST_CASE("every step is taken once, in order, after as many steps as can be") {
        const test::TempDir dir;
        test::SmallStore{{1, 3, 4, 5, 9, 17}, false, {0.0, 0.0, 0}}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        for (const auto& lengths :
             {std::array{4, 4, 0}, std::array{4, 2, 2}, std::array{4, 2, 1}, std::array{5, 1, 4},
              std::array{1, 1, 0}, std::array{30, 15, 15}}) {
            const int context = lengths[0];
            const int stride = lengths[1];
            const int before = lengths[2];
            CAPTURE(context);
            CAPTURE(stride);
            const WindowIndex index(store, store::Split::train, context);
            std::pair<std::int64_t, std::int64_t> next{0, 0};  // episode and step
            for (const auto& part : cover(index, stride, before)) {
                const auto window = index.at(part.number);
                REQUIRE(part.count > 0);
                CHECK(part.first + part.count <= window.length);
                const auto first = window.start + part.first;
                if (first == 0) CHECK(window.start == 0);
                CHECK(window.episode == next.first);
                CHECK(first == next.second);
                if (first >= before) CHECK(part.first >= (window.start == 0 ? 0 : before));
                next.second = first + part.count;
                const auto& episode = store.episodes()[static_cast<std::size_t>(next.first)];
                if (next.second == episode.length) next = {next.first + 1, 0};
            }
            CHECK(next.first == 6);
        }
    }
}

}  // namespace mast::window
