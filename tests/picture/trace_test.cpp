#include "picture/trace.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace mast::picture {

TEST_CASE("a short course comes out as it went in") {
    Trace trace(10);
    for (int i = 0; i < 10; ++i)
        trace.add(3 * i, i * i);
    const auto columns = trace.columns();
    REQUIRE(columns.size() == 10);
    for (int i = 0; i < 10; ++i) {
        const auto& column = columns[static_cast<std::size_t>(i)];
        CHECK(column.place == 3 * i);
        CHECK(column.least == i * i);
        CHECK(column.mean == i * i);
        CHECK(column.most == i * i);
    }
}

TEST_CASE("a long course keeps the bounds and means of what shares a column") {
    constexpr int kSteps = 1'000'000;
    constexpr std::int64_t kLimit = 300;
    std::vector<double> values(kSteps);
    Trace trace(kLimit);
    for (int i = 0; i < kSteps; ++i) {
        const auto k = static_cast<std::size_t>(i);
        values[k] = std::sin(i * 1e-5) + (i == 123'456 ? 50 : 0);
        trace.add(i + 1, values[k]);
    }
    const auto columns = trace.columns();
    CHECK(static_cast<std::int64_t>(columns.size()) <= kLimit);
    CHECK(static_cast<std::int64_t>(columns.size()) > kLimit / 3);
    // By a plain loop over columns of the same width: a power of two.
    const auto width = static_cast<std::int64_t>(
        std::exp2(std::ceil(std::log2(static_cast<double>(kSteps) / kLimit))));
    std::size_t column = 0;
    for (std::int64_t first = 0; first <= kSteps; first += width, ++column) {
        const auto from = static_cast<std::size_t>(std::max<std::int64_t>(1, first)) - 1;
        const auto to =
            static_cast<std::size_t>(std::min<std::int64_t>(kSteps + 1, first + width)) - 1;
        double sum = 0;
        for (auto i = from; i < to; ++i)
            sum += values[i];
        REQUIRE(column < columns.size());
        CHECK(columns[column].least ==
              *std::min_element(values.begin() + static_cast<std::ptrdiff_t>(from),
                                values.begin() + static_cast<std::ptrdiff_t>(to)));
        CHECK(columns[column].most ==
              *std::max_element(values.begin() + static_cast<std::ptrdiff_t>(from),
                                values.begin() + static_cast<std::ptrdiff_t>(to)));
        // Sums of 4,096 doubles in two orders.
        CHECK(columns[column].mean ==
              doctest::Approx(sum / static_cast<double>(to - from)).epsilon(1e-12));
    }
    CHECK(column == columns.size());
}

TEST_CASE("what is not finite leaves no trace") {
    Trace trace(4);
    trace.add(1, std::nan(""));
    trace.add(2, HUGE_VAL);
    CHECK(trace.empty());
    trace.add(1e300, 1);
    CHECK(trace.columns().size() == 1);
}

}  // namespace mast::picture
