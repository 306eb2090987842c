// The instructions that kernels are tested with.
#pragma once

#include <array>

#include "compute/isa.h"

namespace mast::compute {

/// Where a machine lacks some, the best that it has takes their place.
inline constexpr std::array kEveryIsa{Isa::baseline, Isa::avx2, Isa::avx512, Isa::amx};

/// Calls body() with kernels limited to each of them.
template <class Body>
void at_every_isa(const Body& body) {
    for (const Isa level : kEveryIsa) {
        limit_isa(level);
        body();
    }
    limit_isa(kEveryIsa.back());
}

}  // namespace mast::compute
