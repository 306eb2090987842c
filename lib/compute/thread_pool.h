// Threads that wait for pieces of work; only parallel.cpp uses them.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <exception>
#include <thread>
#include <vector>

namespace mast::compute {

/// Runs the pieces of one job on the calling thread and on its workers.
///
/// Each thread has its own run of neighbouring pieces, the same in each job of a shape, so that its
/// rows stay in its cache; who is done early takes pieces of the others. Waiting threads watch for
/// a moment and then sleep: unlike OpenMP's they do not fight for the cores with other programs,
/// and a worker that the system does not run holds nobody up.
class ThreadPool {
  public:
    using Call = void (*)(const void* body, std::int64_t piece);

    ThreadPool() = default;
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    /// Calls call(body, piece) once for each of 0 .. pieces - 1, on at most `threads` threads, and
    /// returns when all are done; on fewer where the system starts no more. One job at a time:
    /// false, and nothing is done, while another thread has one, or from inside a job. What a piece
    /// throws comes out when the others are done; of several, one.
    bool run(std::int64_t pieces, int threads, Call call, const void* body);

  private:
    /// Pieces next .. end - 1 of one thread are not yet taken. A cache line each.
    struct alignas(64) Share {
        std::atomic<std::int64_t> next{0};
        std::int64_t end = 0;
    };

    void start(std::size_t workers);
    void work(std::size_t own, std::uint32_t seen);
    bool enter();
    void leave();
    void run_piece(std::int64_t piece) noexcept;
    void take_pieces(std::size_t own);
    void close();

    std::atomic<bool> busy_{false};
    std::vector<std::thread> workers_;
    bool refused_ = false;      ///< the system starts no more workers
    std::deque<Share> shares_;  ///< of the caller, then of each worker

    // The job. Written only while it is closed and nobody is inside.
    Call call_ = nullptr;
    const void* body_ = nullptr;
    std::size_t threads_ = 1;

    std::atomic<std::uint32_t> jobs_{0};    ///< started so far: workers wait for it to change
    std::atomic<std::uint32_t> inside_{0};  ///< workers in the job, and kOpen while it is open
    std::atomic<bool> stop_{false};

    std::exception_ptr failure_;  ///< what the first piece to fail threw
    std::atomic<bool> failed_{false};
};

}  // namespace mast::compute
