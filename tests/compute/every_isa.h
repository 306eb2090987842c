// The instructions that kernels are tested with.
#pragma once

#include <doctest/doctest.h>

#include <array>

#include "compute/isa.h"

namespace mast::compute {

inline constexpr std::array kEveryIsa{Isa::baseline, Isa::avx2, Isa::avx512, Isa::amx};

/// Kernels use at most `level` while this exists.
class Limited {
  public:
    explicit Limited(Isa level) { limit_isa(level); }
    ~Limited() { limit_isa(kEveryIsa.back()); }
    Limited(const Limited&) = delete;
    Limited& operator=(const Limited&) = delete;
};

/// Calls body() with kernels limited to each that this machine has.
template <class Body>
void at_every_isa(const Body& body) {
    for (const Isa level : kEveryIsa) {
        const Limited limited(level);
        if (isa() == level) {
            body();
        } else {
            MESSAGE("without instructions of level ", static_cast<int>(level));
        }
    }
}

}  // namespace mast::compute
