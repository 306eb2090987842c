// The one table of commands; help, completion and tests read it.
#pragma once

#include <span>

#include "mast/command.h"

namespace mast::cli {

extern const Command kIngest;
extern const Command kMerge;
extern const Command kExport;
extern const Command kInfo;
extern const Command kObjective;
extern const Command kMask;
extern const Command kPretrain;
extern const Command kFinetune;
extern const Command kEvaluate;
extern const Command kInfill;
extern const Command kEmbed;
extern const Command kAct;
extern const Command kPlot;
extern const Command kVerify;
extern const Command kBench;

/// All commands, in the order of the pipeline.
std::span<const Command* const> commands();

}  // namespace mast::cli
