#include "compute/thread_pool.h"

#include <algorithm>
#include <utility>

#include "base/thread.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace mast::compute {

namespace {

constexpr std::uint32_t kOpen = std::uint32_t{1} << 31U;

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

/// The calling thread has the pool. It is another's again even if memory runs out.
class Turn {
  public:
    explicit Turn(std::atomic<bool>& busy) : busy_(busy) {}
    ~Turn() { busy_ = false; }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

  private:
    std::atomic<bool>& busy_;
};

}  // namespace

ThreadPool::~ThreadPool() {
    stop_ = true;
    ++jobs_;
    jobs_.notify_all();
    for (auto& worker : workers_)
        worker.join();
}

void ThreadPool::start(std::size_t workers) {
    // All room first: nothing may fail between a thread's start and its place in the list.
    while (shares_.size() <= workers)
        shares_.emplace_back();
    workers_.reserve(workers);
    while (workers_.size() < workers && !refused_) {
        const std::size_t own = workers_.size() + 1;
        auto worker = try_thread([this, own, seen = jobs_.load()] { work(own, seen); });
        refused_ = !worker.joinable();
        if (!refused_) workers_.push_back(std::move(worker));
    }
}

void ThreadPool::work(std::size_t own, std::uint32_t seen) {
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

void ThreadPool::run_piece(std::int64_t piece) noexcept {
    try {
        call_(body_, piece);
    } catch (...) {
        if (!failed_.exchange(true)) failure_ = std::current_exception();
    }
}

void ThreadPool::take_pieces(std::size_t own) {
    for (std::size_t i = 0; i < threads_; ++i) {
        auto& share = shares_[(own + i) % threads_];
        for (;;) {
            const auto piece = share.next.fetch_add(1, std::memory_order_relaxed);
            if (piece >= share.end) break;
            run_piece(piece);
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
    // Looked at first: writing would take the cache line from those who only look, inside a job.
    if (busy_.load(std::memory_order_relaxed) || busy_.exchange(true)) return false;
    const Turn turn(busy_);
    start(static_cast<std::size_t>(threads) - 1);
    call_ = call;
    body_ = body;
    threads_ = std::min(static_cast<std::size_t>(threads), workers_.size() + 1);
    const auto shares = static_cast<std::int64_t>(threads_);
    for (std::int64_t i = 0; i < shares; ++i) {
        auto& share = shares_[static_cast<std::size_t>(i)];
        share.next.store(pieces * i / shares, std::memory_order_relaxed);
        share.end = pieces * (i + 1) / shares;
    }
    inside_.store(kOpen);
    ++jobs_;
    jobs_.notify_all();
    take_pieces(0);
    close();
    if (failed_.exchange(false)) std::rethrow_exception(std::exchange(failure_, nullptr));
    return true;
}

}  // namespace mast::compute
