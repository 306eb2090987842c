#include "compute/parallel.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

#include "compute/oracle.h"
#include "compute/piece_sums.h"

using namespace mast;
using namespace mast::compute;

TEST_SUITE("compute/parallel") {
    TEST_CASE("the pieces depend on count and grain only") {
        const std::vector<std::pair<std::int64_t, std::int64_t>> expected{{0, 3}, {3, 6}, {6, 7}};
        for (const int n : {1, 2, 5}) {
            oracle::with_threads(n, [&] {
                std::vector<std::pair<std::int64_t, std::int64_t>> pieces(3);
                parallel_for(7, 3, [&](std::int64_t first, std::int64_t last) {
                    pieces[static_cast<std::size_t>(first / 3)] = {first, last};
                });
                CHECK(pieces == expected);
            });
        }
    }

    TEST_CASE("no items, no call: work inside work runs all the same") {
        parallel_for(0, 4, [](std::int64_t, std::int64_t) { FAIL("called"); });
        std::vector<int> hits(20);
        oracle::with_threads(2, [&] {
            parallel_for(4, 1, [&](std::int64_t outer, std::int64_t) {
                parallel_for(5, 2, [&](std::int64_t first, std::int64_t last) {
                    for (auto i = first; i < last; ++i) {
                        ++hits[static_cast<std::size_t>(outer * 5 + i)];
                    }
                });
            });
        });
        CHECK(std::all_of(hits.begin(), hits.end(), [](int n) { return n == 1; }));
    }

    TEST_CASE("the number of threads is what was set, and zero is refused") {
        oracle::with_threads(2, [] { CHECK(threads() == 2); });
        CHECK_THROWS_AS(set_threads(0), std::logic_error);
        CHECK_THROWS_AS(parallel_for(1, 0, [](std::int64_t, std::int64_t) {}), std::logic_error);
    }

    TEST_CASE("what a piece throws comes out, and the next job runs") {
        for (const int n : {1, 3}) {
            oracle::with_threads(n, [] {
                const auto fail_at = [](std::int64_t bad) {
                    parallel_for(20, 1, [&](std::int64_t piece, std::int64_t) {
                        if (piece == bad) throw std::bad_alloc();
                    });
                };
                for (std::int64_t bad = 0; bad < 20; ++bad)
                    CHECK_THROWS_AS(fail_at(bad), std::bad_alloc);
                CHECK_NOTHROW(fail_at(20));
            });
        }
    }

    TEST_CASE("a sum of pieces covers every item once") {
        for (const std::int64_t count : {0, 1, 63, 64, 65, 4096, 4097, 100000}) {
            CAPTURE(count);
            CHECK(sum_of_pieces(count, [](std::int64_t first, std::int64_t last) {
                      double sum = 0.0;
                      for (auto i = first; i < last; ++i)
                          sum += static_cast<double>(i);
                      return sum;
                  }) == static_cast<double>(count) * static_cast<double>(count - 1) / 2.0);
        }
    }
}
