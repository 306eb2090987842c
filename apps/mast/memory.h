// The machine's memory, and work that it cannot hold.
#pragma once

#include <cstdint>
#include <string_view>

#include "train/batch_source.h"
#include "train/processes.h"
#include "train/run_config.h"

namespace mast::cli {

/// Throws Error with the bytes needed and those to be had, if `work` needs more than this process
/// may use: free memory, or a limit set for it or for its control group. advice: what to use
/// instead. processes: of this machine, which share its memory.
void check_memory(std::string_view work, double needed, std::string_view advice,
                  std::int64_t processes = 1);

/// The same for a training on these batches: with run.model, so many at a time as
/// run.accumulate says.
void check_memory(const train::RunConfig& run, const train::BatchSource& source,
                  const train::Processes& processes);

}  // namespace mast::cli
