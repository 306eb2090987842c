#include "compute/square_sum.h"

#include "compute/isa.h"
#include "compute/piece_sums.h"
#include "compute/simd.h"

namespace mast::compute {

namespace {

/// Sums side by side, however many of them a vector holds.
constexpr std::int64_t kLanes = 16;

struct Args {
    std::span<const float> values;
    double& sum;
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
    args.sum = total;
}

MAST_KERNEL(squares, Args);

}  // namespace

double square_sum(std::span<const float> values) {
    const auto piece = squares_here();
    return sum_of_pieces(static_cast<std::int64_t>(values.size()),
                         [&](std::int64_t first, std::int64_t last) {
                             double sum = 0.0;
                             piece({values, sum}, first, last);
                             return sum;
                         });
}

}  // namespace mast::compute
