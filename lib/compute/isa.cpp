#include "compute/isa.h"

#include <algorithm>

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace mast::compute {

namespace {

#if defined(__x86_64__)
/// Whether the processor has AMX for bfloat16 and the system lets this process use it, which it
/// does only for those that ask.
bool may_use_tiles() {
    constexpr unsigned kAmxBf16 = 1U << 22U;
    constexpr unsigned kAmxTile = 1U << 24U;
    constexpr int kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
    constexpr int kTileData = 18;
    unsigned eax = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return false;
    if ((edx & kAmxBf16) == 0 || (edx & kAmxTile) == 0) return false;
    return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}
#endif

Isa detect() {
#if defined(__x86_64__)
    __builtin_cpu_init();
    // NOLINTBEGIN(readability-implicit-bool-conversion): a bool to clang, an int to g++
    const bool avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
    const bool avx512 =
        __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
        __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0;
    const bool bf16 = __builtin_cpu_supports("avx512bf16") != 0;
    // NOLINTEND(readability-implicit-bool-conversion)
    if (avx2 && avx512 && bf16 && may_use_tiles()) return Isa::amx;
    if (avx2 && avx512) return Isa::avx512;
    if (avx2) return Isa::avx2;
#endif
    return Isa::baseline;
}

Isa limit = Isa::amx;

}  // namespace

Isa isa() {
    static const Isa best = detect();
    return std::min(best, limit);
}

bool multiplies_bf16() {
#if defined(__x86_64__)
    // NOLINTNEXTLINE(readability-implicit-bool-conversion)
    return isa() >= Isa::avx512 && __builtin_cpu_supports("avx512bf16") != 0;
#else
    return false;
#endif
}

void limit_isa(Isa highest) {
    limit = highest;
}

}  // namespace mast::compute
