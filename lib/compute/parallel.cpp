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

struct Pieces {
    std::int64_t count;
    std::int64_t grain;
    detail::PieceCall call;
    const void* body;

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

void detail::run_pieces(std::int64_t count, std::int64_t grain, PieceCall call, const void* body) {
    MAST_ASSERT(count >= 0 && grain >= 1);
    static ThreadPool pool;
    const Pieces work{count, grain, call, body};
    const std::int64_t pieces = piece_count(count, grain);
    const auto most = static_cast<int>(std::min<std::int64_t>(pieces, threads()));
    const auto run_one = [](const void* all, std::int64_t piece) {
        static_cast<const Pieces*>(all)->run(piece);
    };
    if (most > 1 && pool.run(pieces, most, run_one, &work)) return;
    for (std::int64_t piece = 0; piece < pieces; ++piece)
        work.run(piece);
}

}  // namespace mast::compute
