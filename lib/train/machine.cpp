#include "train/machine.h"

#include "compute/isa.h"

namespace mast::train {

namespace {

std::string isa_name(compute::Precision precision) {
    switch (compute::isa()) {
        case compute::Isa::amx:
            return precision == compute::Precision::bf16 ? "amx" : "avx512";
        case compute::Isa::avx512:
            return precision == compute::Precision::bf16 && compute::multiplies_bf16()
                       ? "avx512+bf16"
                       : "avx512";
        case compute::Isa::avx2:
            return "avx2";
        case compute::Isa::baseline:
            break;
    }
    return "baseline";
}

}  // namespace

Machine this_machine(compute::Precision precision, const std::string& build) {
    return {isa_name(precision), build};
}

}  // namespace mast::train
