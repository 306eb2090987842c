#include "compute/thread_pool.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace mast::compute {

namespace {

constexpr std::uint32_t kOpen = std::uint32_t{1} << 31U;

thread_local bool inside_job = false;

void pause() {
#if defined(__x86_64__)
    _mm_pause();
#endif
}

/// Waits until the value is no longer `old`: watching for some 20 microseconds, as long as the
/// calling thread usually needs between two jobs, then asleep.
void wait_while(const std::atomic<std::uint32_t>& value, std::uint32_t old) {
    constexpr int kLooks = 1000;
    for (int i = 0; i < kLooks; ++i) {
        if (value.load(std::memory_order_acquire) != old) return;
        pause();
    }
    value.wait(old, std::memory_order_acquire);
}

}  // namespace

ThreadPool::~ThreadPool() {
    stop_ = true;
    ++jobs_;
    jobs_.notify_all();
    for (auto& worker : workers_)
        worker.join();
}

void ThreadPool::start(int workers) {
    const auto wanted = static_cast<std::size_t>(workers);
    while (shares_.size() < wanted + 1)
        shares_.emplace_back();
    while (workers_.size() < wanted) {
        const std::size_t own = workers_.size() + 1;
        workers_.emplace_back([this, own, seen = jobs_.load()] { work(own, seen); });
    }
}

void ThreadPool::work(std::size_t own, std::uint32_t seen) {
    inside_job = true;
    for (;;) {
        wait_while(jobs_, seen);
        seen = jobs_.load();
        if (stop_) return;
        if (!enter()) continue;
        if (own < threads_) take_pieces(own);
        leave();
    }
}

/// False if the job is already over.
bool ThreadPool::enter() {
    auto inside = inside_.load();
    while ((inside & kOpen) != 0) {
        if (inside_.compare_exchange_weak(inside, inside + 1)) return true;
    }
    return false;
}

void ThreadPool::leave() {
    if (inside_.fetch_sub(1) == 1) inside_.notify_one();
}

void ThreadPool::take_pieces(std::size_t own) {
    for (std::size_t i = 0; i < threads_; ++i) {
        auto& share = shares_[(own + i) % threads_];
        for (;;) {
            const auto piece = share.next.fetch_add(1, std::memory_order_relaxed);
            if (piece >= share.end) break;
            call_(body_, piece);
        }
    }
}

/// Lets nobody in any more and waits for those who are.
void ThreadPool::close() {
    auto inside = inside_.fetch_and(~kOpen) & ~kOpen;
    while (inside != 0) {
        wait_while(inside_, inside);
        inside = inside_.load();
    }
}

bool ThreadPool::run(std::int64_t pieces, int threads, Call call, const void* body) {
    if (inside_job || busy_.exchange(true)) return false;
    inside_job = true;
    start(threads - 1);
    call_ = call;
    body_ = body;
    threads_ = static_cast<std::size_t>(threads);
    for (int i = 0; i < threads; ++i) {
        auto& share = shares_[static_cast<std::size_t>(i)];
        share.next.store(pieces * i / threads, std::memory_order_relaxed);
        share.end = pieces * (i + 1) / threads;
    }
    inside_.store(kOpen);
    ++jobs_;
    jobs_.notify_all();
    take_pieces(0);
    close();
    inside_job = false;
    busy_ = false;
    return true;
}

}  // namespace mast::compute
