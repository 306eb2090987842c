// The machine's memory, and work that it cannot hold.
#pragma once

#include <cstdint>
#include <string_view>

#include "compute/precision.h"
#include "model/config.h"
#include "train/batch_source.h"
#include "train/processes.h"

namespace mast::cli {

/// Throws Error with the bytes needed and those to be had, if `work` needs more than this process
/// may use: free memory, or a limit set for it or for its control group. advice: what to use
/// instead. processes: of this machine, which share its memory.
void check_memory(std::string_view work, double needed, std::string_view advice,
                  std::int64_t processes = 1);

/// The same for a training on these batches, `accumulate` of them held at a time.
void check_memory(const model::ModelConfig& config, compute::Precision precision,
                  const train::BatchSource& source, std::int64_t accumulate,
                  const train::Processes& processes);

}  // namespace mast::cli
