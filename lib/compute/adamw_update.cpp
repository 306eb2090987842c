#include "compute/adamw_update.h"

#include <cmath>

#include "compute/isa.h"
#include "compute/parallel.h"
#include "compute/simd.h"

namespace mast::compute {

namespace {

constexpr std::int64_t kGrain = 16384;

struct Args {
    AdamWFactors factors;
    AdamWState state;
};

/// Left to the compiler, which vectorises it for each machine: W is not used.
template <int W>
MAST_INLINE void update(const Args& args, std::int64_t begin, std::int64_t end) {
    const AdamWFactors f = args.factors;
    const float* __restrict gradient = args.state.gradient;
    float* __restrict value = args.state.value;
    float* __restrict first = args.state.first;
    float* __restrict second = args.state.second;
    for (std::int64_t i = begin; i < end; ++i) {
        const float g = gradient[i] * f.scale;
        const float m = f.beta1 * first[i] + (1 - f.beta1) * g;
        const float v = f.beta2 * second[i] + (1 - f.beta2) * g * g;
        first[i] = m;
        second[i] = v;
        value[i] = value[i] * f.decay - f.rate * m / (std::sqrt(v) * f.root + f.epsilon);
    }
}

MAST_KERNEL(update, Args);

}  // namespace

void adamw_update(const AdamWFactors& factors, const AdamWState& state) {
    const Args args{factors, state};
    const auto piece = update_here();
    parallel_for(state.count, kGrain,
                 [&](std::int64_t begin, std::int64_t end) { piece(args, begin, end); });
}

}  // namespace mast::compute
