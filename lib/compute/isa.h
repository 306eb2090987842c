// Which vector instructions own kernels use; chosen when the program runs, not when it is built.
#pragma once

#include <cstdint>

namespace mast::compute {

/// In ascending order: 4, 8 and 16 floats at once; amx: 16, and products of bfloat16 by tile
/// registers (amx.h).
enum class Isa { baseline, avx2, avx512, amx };

/// The best that this machine has and limit_isa() allows.
Isa isa();

/// Keeps kernels at or below `highest`, for tests and benchmarks; oneDNN is not affected.
/// Not to be called while kernels run, nor between them: what was packed, planned or set aside for
/// some instructions fits these only.
void limit_isa(Isa highest);

/// Whether isa() has AVX-512 and the machine multiplies pairs of bfloat16 by itself (AVX512_BF16).
bool multiplies_bf16();

}  // namespace mast::compute

#if defined(__x86_64__)
#define MAST_TARGET_AVX2 __attribute__((target("avx2,fma")))
#define MAST_TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")))
#else
#define MAST_TARGET_AVX2
#define MAST_TARGET_AVX512
#endif

/// Makes NAME_here(): the build of kernel template NAME<W>(const Args&, first, last) for isa().
///
/// The template and all that it calls must be MAST_INLINE, so that each build is compiled whole for
/// its instructions. Plain function pointers instead of target_clones: these need an ifunc
/// resolver, which runs before a sanitizer's runtime is up.
#define MAST_KERNEL(NAME, Args)                                                                  \
    void NAME##_baseline(const Args& args, std::int64_t first, std::int64_t last) {              \
        NAME<4>(args, first, last);                                                              \
    }                                                                                            \
    MAST_TARGET_AVX2 void NAME##_avx2(const Args& args, std::int64_t first, std::int64_t last) { \
        NAME<8>(args, first, last);                                                              \
    }                                                                                            \
    MAST_TARGET_AVX512 void NAME##_avx512(const Args& args, std::int64_t first,                  \
                                          std::int64_t last) {                                   \
        NAME<16>(args, first, last);                                                             \
    }                                                                                            \
    auto NAME##_here() {                                                                         \
        const auto level = ::mast::compute::isa();                                               \
        if (level >= ::mast::compute::Isa::avx512) return &NAME##_avx512;                        \
        return level == ::mast::compute::Isa::avx2 ? &NAME##_avx2 : &NAME##_baseline;            \
    }                                                                                            \
    static_assert(true)
