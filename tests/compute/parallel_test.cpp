#include "compute/parallel.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "compute/oracle.h"
#include "compute/piece_sums.h"

using namespace mast;
using namespace mast::compute;

namespace {

/// Pieces that wait for each other: all see all others only if as many threads run them at once.
class Meeting {
  public:
    explicit Meeting(int pieces) : pieces_(pieces) {}
    void attend() {
        constexpr int kLooks = 10'000'000;
        ++here_;
        for (int looks = 0; here_ < pieces_ && looks < kLooks; ++looks)
            std::this_thread::yield();
        saw_all_ += here_ == pieces_ ? 1 : 0;
    }
    bool complete() const { return saw_all_ == pieces_; }

  private:
    int pieces_;
    std::atomic<int> here_{0};
    std::atomic<int> saw_all_{0};
};

}  // namespace

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

    TEST_CASE("teams work side by side, each with threads of its own") {
        for (const auto& sizes : {std::pair(1, 1), {2, 2}, {3, 2}, {4, 2}, {7, 3}}) {
            const int threads = sizes.first;
            const int teams = sizes.second;
            CAPTURE(threads);
            CAPTURE(teams);
            const std::int64_t count = 7 * threads;
            std::vector<std::vector<int>> hits(static_cast<std::size_t>(teams));
            std::mutex mutex;
            std::vector<std::set<std::thread::id>> members(static_cast<std::size_t>(teams));
            oracle::with_threads(threads, [&] {
                parallel_teams(teams, [&](std::int64_t team) {
                    const auto t = static_cast<std::size_t>(team);
                    hits[t].assign(static_cast<std::size_t>(count), 0);
                    for (int round = 0; round < 20; ++round) {
                        parallel_for(count, 2, [&](std::int64_t first, std::int64_t last) {
                            for (auto i = first; i < last; ++i)
                                ++hits[t][static_cast<std::size_t>(i)];
                            const std::scoped_lock lock(mutex);
                            members[t].insert(std::this_thread::get_id());
                        });
                    }
                });
            });
            for (std::size_t t = 0; t < hits.size(); ++t) {
                CHECK(hits[t] == std::vector<int>(static_cast<std::size_t>(count), 20));
                CHECK(members[t].size() <= static_cast<std::size_t>(threads / teams));
            }
        }
    }

    TEST_CASE("teams are at work at the same time, with all of their threads") {
        Meeting meeting(4);
        oracle::with_threads(4, [&] {
            parallel_teams(2, [&](std::int64_t) {
                parallel_for(2, 1, [&](std::int64_t, std::int64_t) { meeting.attend(); });
            });
        });
        CHECK(meeting.complete());
    }

    TEST_CASE("teams inside a piece, and teams that outnumber the threads, follow each other") {
        for (const int threads : {1, 3}) {
            oracle::with_threads(threads, [] {
                std::atomic<int> calls{0};
                parallel_for(3, 1, [&](std::int64_t, std::int64_t) {
                    const auto own = std::this_thread::get_id();
                    parallel_teams(2, [&](std::int64_t) {
                        parallel_for(4, 1, [&](std::int64_t, std::int64_t) {
                            calls += std::this_thread::get_id() == own ? 1 : 0;
                        });
                    });
                });
                parallel_teams(5, [&](std::int64_t) { ++calls; });
                parallel_teams(0, [&](std::int64_t) { FAIL("called"); });
                CHECK(calls == 3 * 2 * 4 + 5);
            });
        }
    }

    TEST_CASE("what a team throws comes out, and afterwards all threads work together again") {
        oracle::with_threads(4, [] {
            const auto fail_in = [](std::int64_t bad) {
                parallel_teams(2, [&](std::int64_t team) {
                    parallel_for(20, 1, [&](std::int64_t piece, std::int64_t) {
                        if (team == bad && piece == 7) throw std::bad_alloc();
                    });
                });
            };
            for (int round = 0; round < 20; ++round)
                CHECK_THROWS_AS(fail_in(round % 2), std::bad_alloc);
            CHECK_NOTHROW(fail_in(2));
            Meeting meeting(4);
            parallel_for(4, 1, [&](std::int64_t, std::int64_t) { meeting.attend(); });
            CHECK(meeting.complete());
        });
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
