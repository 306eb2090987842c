// A sum whose order of additions does not depend on the number of threads.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "compute/parallel.h"

namespace mast::compute {

/// The sum of part(first, last) over pieces of 0 .. count-1, added in their order. Allocates
/// nothing.
template <class Part>
double sum_of_pieces(std::int64_t count, const Part& part) {
    constexpr std::int64_t kMaxPieces = 64;
    constexpr std::int64_t kMinGrain = 64;
    const std::int64_t grain = std::max(kMinGrain, piece_count(count, kMaxPieces));
    std::array<double, kMaxPieces> sums{};
    parallel_for(count, grain, [&](std::int64_t first, std::int64_t last) {
        sums[static_cast<std::size_t>(first / grain)] = part(first, last);
    });
    double total = 0.0;
    for (const double sum : sums)
        total += sum;
    return total;
}

}  // namespace mast::compute
