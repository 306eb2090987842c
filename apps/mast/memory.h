// The machine's memory, and trainings that it cannot hold.
#pragma once

#include <cstdint>

#include "model/config.h"
#include "train/batch_source.h"
#include "train/processes.h"

namespace mast::cli {

/// Throws Error with the bytes needed and those to be had, if a training on these batches,
/// `accumulate` of them held at a time, needs more than this process may use: free memory, or a
/// limit set for it or for its control group.
void check_memory(const model::ModelConfig& config, const train::BatchSource& source,
                  std::int64_t accumulate, const train::Processes& processes);

}  // namespace mast::cli
