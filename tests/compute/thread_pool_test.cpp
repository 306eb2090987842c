#include "compute/thread_pool.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "support/no_more_threads.h"

namespace mast::compute {

namespace {

/// How often each piece was called.
using Hits = std::vector<int>;

void hit(const void* body, std::int64_t piece) {
    ++(**static_cast<Hits* const*>(body))[static_cast<std::size_t>(piece)];
}

bool run(ThreadPool& pool, int threads, Hits& hits) {
    Hits* const body = &hits;
    return pool.run(static_cast<std::int64_t>(hits.size()), threads, hit, &body);
}

bool all_hit(const Hits& hits, int times) {
    return std::all_of(hits.begin(), hits.end(), [&](int n) { return n == times; });
}

}  // namespace

TEST_SUITE("compute/thread_pool") {
    TEST_CASE("each piece is called once, with any number of threads from job to job") {
        ThreadPool pool;
        for (int job = 0; job < 3000; ++job) {
            Hits hits(static_cast<std::size_t>(job % 17));
            CHECK(run(pool, 1 + job % 7, hits));
            CHECK(all_hit(hits, 1));
        }
    }

    TEST_CASE("one of two callers has the job: the other is told so, and nothing is called") {
        ThreadPool pool;
        const auto call_often = [&pool] {
            bool right = true;
            for (int jobs = 0; jobs < 500;) {
                Hits hits(5);
                const bool ran = run(pool, 3, hits);
                right = right && all_hit(hits, ran ? 1 : 0);
                jobs += ran ? 1 : 0;
            }
            return right;
        };
        bool other = false;
        std::thread caller([&] { other = call_often(); });
        CHECK(call_often());
        caller.join();
        CHECK(other);
    }

    TEST_CASE("a job inside a job is refused, also on the threads of the pool") {
        struct Nest {
            ThreadPool pool;
            std::atomic<int> refused{0};
        } nest;
        Nest* const body = &nest;
        const auto run_again = [](const void* raw, std::int64_t /*piece*/) {
            auto& outer = **static_cast<Nest* const*>(raw);
            Hits hits(2);
            if (!run(outer.pool, 2, hits) && all_hit(hits, 0)) ++outer.refused;
        };
        CHECK(nest.pool.run(8, 3, run_again, &body));
        CHECK(nest.refused == 8);
    }

    TEST_CASE("a pool may go away right after its job, or without one") {
        for (int i = 0; i < 200; ++i) {
            ThreadPool pool;
            Hits hits(4);
            if (i % 4 != 0) CHECK(run(pool, 3, hits));
        }
    }

    TEST_CASE("threads that the system refuses are done without") {
        ThreadPool pool;
        Hits hits(20);
        CHECK(run(pool, 2, hits));
        {
            const test::NoMoreThreads none;
            CHECK(run(pool, 6, hits));
        }
        CHECK(run(pool, 6, hits));
        CHECK(all_hit(hits, 3));
    }
}

}  // namespace mast::compute
