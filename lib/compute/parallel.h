// Work split over threads, always in the same pieces, so that results do not depend on their
// number.
#pragma once

#include <algorithm>
#include <cstdint>

namespace mast::compute {

/// Sets how many threads share the work; n >= 1. At first: the cores that this process may use.
/// They are fewer where the system starts no more.
void set_threads(int n);
int threads();

namespace detail {

using PieceCall = void (*)(const void* body, std::int64_t first, std::int64_t last);

/// parallel_for() without its type.
void run_pieces(std::int64_t count, std::int64_t grain, PieceCall call, const void* body);

/// Threads that a parallel_for() here may use: all, those of the team that the calling thread
/// leads, or one inside a piece.
int threads_here();

/// The calling thread leads a team of that many, itself included, while this exists.
class Leads {
  public:
    explicit Leads(int team);
    ~Leads();
    Leads(const Leads&) = delete;
    Leads& operator=(const Leads&) = delete;

  private:
    int before_;
};

}  // namespace detail

/// Calls body(first, last) for consecutive pieces of 0 .. count-1, each of `grain` items (the last
/// may be shorter), on up to threads() threads. The pieces depend on count and grain only.
/// Allocates nothing once its threads run (each that leads a team has others of its own). What body
/// throws comes out; some of the other pieces may then not have run. Inside another parallel_for,
/// or beside one of another thread, it runs on the calling thread alone.
template <class Body>
void parallel_for(std::int64_t count, std::int64_t grain, const Body& body) {
    detail::run_pieces(
        count, grain,
        [](const void* raw, std::int64_t first, std::int64_t last) {
            (*static_cast<const Body*>(raw))(first, last);
        },
        &body);
}

/// Calls body(team) for 0 .. teams-1 side by side: the threads are dealt out, and each
/// parallel_for() inside has those of its team. For what needs to meet less often than the pieces
/// of one parallel_for() after the other do. With fewer threads than teams, as inside another
/// parallel_for, one team follows the other.
template <class Body>
void parallel_teams(std::int64_t teams, const Body& body) {
    const auto each = static_cast<int>(detail::threads_here() / std::max<std::int64_t>(1, teams));
    if (teams <= 1 || each < 1) {
        for (std::int64_t team = 0; team < teams; ++team)
            body(team);
        return;
    }
    parallel_for(teams, 1, [&](std::int64_t first, std::int64_t last) {
        for (auto team = first; team < last; ++team) {
            const detail::Leads leads(each);
            body(team);
        }
    });
}

/// How many pieces parallel_for() makes; piece number of an item is first / grain.
constexpr std::int64_t piece_count(std::int64_t count, std::int64_t grain) {
    return (count + grain - 1) / grain;
}

/// Pieces for each thread, so that none waits long for the others.
inline constexpr std::int64_t kPiecesOfThread = 3;

/// The largest grain, `most` or a half of it and so on down to `least`, at which each thread has
/// kPiecesOfThread pieces; 0: none. It depends on the number of threads: only for what gives the
/// same results with any grain.
inline std::int64_t grain_for_threads(std::int64_t count, std::int64_t most, std::int64_t least) {
    const std::int64_t wanted = kPiecesOfThread * detail::threads_here();
    for (auto grain = most; grain >= least; grain /= 2) {
        if (piece_count(count, grain) >= wanted) return grain;
    }
    return 0;
}

}  // namespace mast::compute
