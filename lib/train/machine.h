// What, beside options and data, decides the last bits of a training.
#pragma once

#include <string>

#include "compute/precision.h"

namespace mast::train {

/// Other vector instructions, or another build of the program, may add in another order. The number
/// of threads is not part of it: results do not depend on it.
struct Machine {
    std::string isa;    ///< "baseline", "avx2", "avx512", "avx512+bf16", "amx"
    std::string build;  ///< hash of the program; "" where it is not known

    bool operator==(const Machine&) const = default;
};

/// The machine that this program runs on, as far as products of this precision can tell.
Machine this_machine(compute::Precision precision, const std::string& build);

}  // namespace mast::train
