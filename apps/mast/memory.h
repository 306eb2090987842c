// The machine's memory, and trainings that it cannot hold.
#pragma once

#include "model/config.h"
#include "train/batch_source.h"

namespace mast::cli {

/// Throws Error with the bytes needed and those to be had, if a training on these batches needs
/// more than this process may use: free memory, or a limit set for it or for its control group.
void check_memory(const model::ModelConfig& config, const train::BatchSource& source);

}  // namespace mast::cli
