#include "model/row_set.h"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace mast;
using model::RowSet;

namespace {

using Marks = std::vector<std::uint8_t>;

RowSet set_of(const std::vector<Marks>& samples) {
    RowSet set;
    for (const auto& marks : samples)
        set.add_sample(marks);
    return set;
}

template <class T>
std::vector<T> list(std::span<const T> values) {
    return {values.begin(), values.end()};
}

}  // namespace

TEST_SUITE("model/row_set") {
    TEST_CASE("rows are the marked tokens of each sample in turn") {
        auto set = set_of({{0, 1, 1}, {0, 0, 0}, {1, 0, 1}});
        CHECK(set.rows() == 4);
        CHECK(set.samples() == 3);
        CHECK(list(set.token()) == std::vector<std::int32_t>{1, 2, 0, 2});
        CHECK(list(set.first()) == std::vector<std::int64_t>{0, 2, 2, 4});
        CHECK(list(set.tokens_of(0)) == std::vector<std::int32_t>{1, 2});
        CHECK(set.tokens_of(1).empty());
        set.drop_last_sample();
        CHECK(set == set_of({{0, 1, 1}, {0, 0, 0}}));
        set.clear();
        CHECK(set == RowSet());
        CHECK(set.samples() == 0);
    }

    TEST_CASE("rows of a part are found among all") {
        const auto all = set_of({{1, 1, 0, 1}, {1, 1, 1, 1}, {0, 0, 1, 1}});
        const auto some = set_of({{0, 1, 0, 1}, {0, 0, 0, 0}, {0, 0, 0, 1}});
        std::vector<std::int64_t> rows;
        model::find_rows(some, all, rows);
        CHECK(rows == std::vector<std::int64_t>{1, 2, 8});
        model::find_rows(all, all, rows);
        CHECK(rows == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8});
        CHECK_THROWS_AS(model::find_rows(all, some, rows), std::logic_error);
        CHECK_THROWS_AS(model::find_rows(set_of({{1, 1, 0, 1}}), all, rows), std::logic_error);
    }
}
