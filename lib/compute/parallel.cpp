#include "compute/parallel.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/assert.h"
#include "compute/thread_pool.h"

namespace mast::compute {

namespace {

std::atomic<int>& wanted_threads() {
    static std::atomic<int> wanted{
        static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))};
    return wanted;
}

/// Of the team that the calling thread leads: 1 inside a piece; 0: it leads none, and all are
/// there.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): each thread has its own
thread_local int team_threads = 0;

ThreadPool& own_team() {
    thread_local ThreadPool team;
    return team;
}

ThreadPool& everybody() {
    static ThreadPool pool;
    return pool;
}

struct Pieces {
    std::int64_t count;
    std::int64_t grain;
    detail::PieceCall call;
    const void* body;

    /// What is parallel inside a piece runs on its thread alone.
    void run_alone(std::int64_t piece) const {
        const detail::Leads alone(1);
        run(piece);
    }
    void run(std::int64_t piece) const {
        call(body, piece * grain, std::min((piece + 1) * grain, count));
    }
};

}  // namespace

void set_threads(int n) {
    MAST_ASSERT(n >= 1);
    wanted_threads() = n;
}

int threads() {
    return wanted_threads();
}

int detail::threads_here() {
    return team_threads > 0 ? team_threads : threads();
}

detail::Leads::Leads(int team) : before_(team_threads) {
    team_threads = team;
}

detail::Leads::~Leads() {
    team_threads = before_;
}

void detail::run_pieces(std::int64_t count, std::int64_t grain, PieceCall call, const void* body) {
    MAST_ASSERT(count >= 0 && grain >= 1);
    const Pieces work{count, grain, call, body};
    const std::int64_t pieces = piece_count(count, grain);
    const auto most = static_cast<int>(std::min<std::int64_t>(pieces, threads_here()));
    const auto run_one = [](const void* all, std::int64_t piece) {
        static_cast<const Pieces*>(all)->run_alone(piece);
    };
    auto& pool = team_threads > 0 ? own_team() : everybody();
    if (most > 1 && pool.run(pieces, most, run_one, &work)) return;
    for (std::int64_t piece = 0; piece < pieces; ++piece)
        work.run(piece);
}

}  // namespace mast::compute
