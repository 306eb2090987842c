#include "compute/rows.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "compute/oracle.h"

using namespace mast;
using namespace mast::compute;
using namespace mast::compute::oracle;

TEST_SUITE("compute/rows") {
    TEST_CASE("gathering picks rows in the order asked for, also twice") {
        const std::vector<float> x{1, 2, 3, 4, 5, 6};
        const std::vector<std::int64_t> index{2, 0, 2};
        std::vector<float> out(6);
        gather_rows({std::span(x), 3, 2}, index, {std::span(out), 3, 2});
        CHECK(out == std::vector<float>{5, 6, 1, 2, 5, 6});
    }

    TEST_CASE("scattering adds to what is there, in the order of the rows") {
        std::vector<float> x{100, 200, 300, 400};
        const std::vector<float> rows{1, 2, 3, 4, 5, 6};
        const std::vector<std::int64_t> index{1, 0, 1};
        scatter_add_rows({std::span(rows), 3, 2}, index, {std::span(x), 2, 2});
        CHECK(x == std::vector<float>{103, 204, 306, 408});
    }

    TEST_CASE("placing puts rows where they belong and leaves the others") {
        std::vector<float> x(8, 100.0F);
        const std::vector<float> rows{1, 2, 3, 4};
        const std::vector<std::int64_t> index{3, 1};
        place_rows({std::span(rows), 2, 2}, index, {std::span(x), 4, 2});
        CHECK(x == std::vector<float>{100, 100, 3, 4, 100, 100, 1, 2});
    }

    TEST_CASE("scattering gives the same bits on one thread and on several") {
        const auto rows = draw("rows", 400 * 130);
        std::vector<std::int64_t> index;
        Random random(1, "index", 0);
        for (int i = 0; i < 400; ++i)
            index.push_back(random.below(5));
        std::vector<float> one(5 * 130);
        std::vector<float> two(5 * 130);
        with_threads(1, [&] {
            scatter_add_rows({std::span(rows), 400, 130}, index, {std::span(one), 5, 130});
        });
        with_threads(2, [&] {
            scatter_add_rows({std::span(rows), 400, 130}, index, {std::span(two), 5, 130});
        });
        CHECK(one == two);
    }

    TEST_CASE("rows that do not exist and shapes that disagree are refused") {
        std::vector<float> v(12);
        const std::span<float> s(v);
        const std::vector<std::int64_t> good{0, 1};
        const std::vector<std::int64_t> high{0, 3};
        const std::vector<std::int64_t> low{-1, 0};
        CHECK_THROWS_AS(gather_rows({s, 3, 4}, high, {s, 2, 4}), std::logic_error);
        CHECK_THROWS_AS(gather_rows({s, 3, 4}, low, {s, 2, 4}), std::logic_error);
        CHECK_THROWS_AS(gather_rows({s, 3, 4}, good, {s, 3, 4}), std::logic_error);
        CHECK_THROWS_AS(gather_rows({s, 3, 4}, good, {s, 2, 3}), std::logic_error);
        CHECK_THROWS_AS(scatter_add_rows({s, 2, 4}, high, {s, 3, 4}), std::logic_error);
        CHECK_THROWS_AS(scatter_add_rows({s, 2, 3}, good, {s, 3, 4}), std::logic_error);
        CHECK_THROWS_AS(place_rows({s, 2, 4}, high, {s, 3, 4}), std::logic_error);
        CHECK_THROWS_AS(place_rows({s, 2, 3}, good, {s, 3, 4}), std::logic_error);
        CHECK_THROWS_AS(place_rows({s, 3, 4}, good, {s, 3, 4}), std::logic_error);
    }
}
