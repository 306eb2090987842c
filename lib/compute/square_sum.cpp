#include "compute/square_sum.h"

#include <numeric>
#include <vector>

#include "compute/isa.h"
#include "compute/parallel.h"
#include "compute/simd.h"

namespace mast::compute {

namespace {

constexpr std::int64_t kGrain = 65536;
/// Sums side by side, however many of them a vector holds.
constexpr std::int64_t kLanes = 16;

struct Args {
    std::span<const float> values;
    double* sums;  ///< (pieces of kGrain)
};

/// W is not used: the compiler splits the lanes into the vectors that there are.
template <int W>
MAST_INLINE void squares(const Args& args, std::int64_t begin, std::int64_t end) {
    // NOLINTNEXTLINE(modernize-use-using): as in simd.h
    typedef double Doubles __attribute__((vector_size(kLanes * sizeof(double))));
    const float* const values = args.values.data();
    Doubles sums{};
    std::int64_t i = begin;
    for (; i + kLanes <= end; i += kLanes) {
        const auto v = __builtin_convertvector(Simd<kLanes>::load(values + i), Doubles);
        sums += v * v;
    }
    double total = 0;
    for (; i < end; ++i)
        total += static_cast<double>(values[i]) * static_cast<double>(values[i]);
    for (std::int64_t lane = 0; lane < kLanes; ++lane)
        total += sums[lane];
    args.sums[begin / kGrain] = total;
}

MAST_KERNEL(squares, Args);

}  // namespace

double square_sum(std::span<const float> values) {
    static thread_local std::vector<double> sums;
    const auto count = static_cast<std::int64_t>(values.size());
    sums.resize(static_cast<std::size_t>(piece_count(count, kGrain)));
    const Args args{values, sums.data()};
    const auto piece = squares_here();
    parallel_for(count, kGrain,
                 [&](std::int64_t first, std::int64_t last) { piece(args, first, last); });
    return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace mast::compute
