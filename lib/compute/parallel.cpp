#include "compute/parallel.h"

#include <omp.h>

#include <algorithm>

#include "base/assert.h"

#if defined(__SANITIZE_THREAD__)
#define MAST_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MAST_TSAN 1
#endif
#endif

#ifdef MAST_TSAN
// libgomp's own fork and join are invisible to ThreadSanitizer; these two calls name them.
extern "C" void __tsan_acquire(void* address);
extern "C" void __tsan_release(void* address);
#endif

namespace mast::compute {

namespace {

#ifdef MAST_TSAN
char fork_tag;
char join_tag;
void acquire(char& tag) {
    __tsan_acquire(&tag);
}
void release(char& tag) {
    __tsan_release(&tag);
}
#define MAST_UNCHECKED __attribute__((no_sanitize("thread")))
#else
struct NoTag {};
constexpr NoTag fork_tag;
constexpr NoTag join_tag;
void acquire(NoTag) {}
void release(NoTag) {}
#define MAST_UNCHECKED
#endif

}  // namespace

void set_threads(int n) {
    MAST_ASSERT(n >= 1);
    omp_set_num_threads(n);
}

int threads() {
    return omp_get_max_threads();
}

OneThread::OneThread() : before_(omp_get_max_threads()) {
    omp_set_num_threads(1);
}

OneThread::~OneThread() {
    omp_set_num_threads(before_);
}

// Not looked at by ThreadSanitizer itself: what the compiler hands to its outlined loop is read
// before acquire() can be called. The body is.
MAST_UNCHECKED void detail::run_pieces(std::int64_t count, std::int64_t grain, PieceCall call,
                                       const void* body) {
    MAST_ASSERT(count >= 0 && grain >= 1);
    const std::int64_t pieces = piece_count(count, grain);
    if (pieces <= 1 || threads() == 1 || omp_in_parallel() != 0) {
        for (std::int64_t first = 0; first < count; first += grain) {
            call(body, first, std::min(first + grain, count));
        }
        return;
    }
    release(fork_tag);
#pragma omp parallel
    {
        acquire(fork_tag);
#pragma omp for schedule(static) nowait
        for (std::int64_t piece = 0; piece < pieces; ++piece) {
            call(body, piece * grain, std::min((piece + 1) * grain, count));
        }
        release(join_tag);
    }
    acquire(join_tag);
}

}  // namespace mast::compute
