// The machine's memory, and trainings that it cannot hold.
#pragma once

#include <cstdint>

#include "model/config.h"

namespace mast::cli {

/// Throws Error with the bytes needed and those to be had, if a training in batches of `batch`
/// windows needs more than this process may use: free memory, or the limit of its control group.
void check_memory(const model::ModelConfig& config, std::int64_t batch);

}  // namespace mast::cli
