#include "compute/isa.h"

#include <algorithm>

namespace mast::compute {

namespace {

Isa detect() {
#if defined(__x86_64__)
    __builtin_cpu_init();
    // NOLINTBEGIN(readability-implicit-bool-conversion): a bool to clang, an int to g++
    const bool avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
    const bool avx512 =
        __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
        __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0;
    // NOLINTEND(readability-implicit-bool-conversion)
    if (avx2 && avx512) return Isa::avx512;
    if (avx2) return Isa::avx2;
#endif
    return Isa::baseline;
}

Isa limit = Isa::avx512;

}  // namespace

Isa isa() {
    static const Isa best = detect();
    return std::min(best, limit);
}

bool multiplies_bf16() {
#if defined(__x86_64__)
    // NOLINTNEXTLINE(readability-implicit-bool-conversion)
    return isa() == Isa::avx512 && __builtin_cpu_supports("avx512bf16") != 0;
#else
    return false;
#endif
}

void limit_isa(Isa highest) {
    limit = highest;
}

}  // namespace mast::compute
