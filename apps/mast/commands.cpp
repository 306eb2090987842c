#include "mast/commands.h"

#include <array>

namespace mast::cli {

std::span<const Command* const> commands() {
    static constexpr std::array kTable{
        &kIngest,   &kMerge,  &kExport, &kInfo, &kObjective, &kMask,   &kPretrain, &kFinetune,
        &kEvaluate, &kInfill, &kEmbed,  &kAct,  &kPlot,      &kVerify, &kBench,
    };
    return kTable;
}

}  // namespace mast::cli
