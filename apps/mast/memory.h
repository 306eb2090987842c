// The machine's memory, and trainings that it cannot hold.
#pragma once

#include <cstddef>
#include <cstdint>

#include "model/config.h"

namespace mast::cli {

/// The batches of a step: how many windows each has, and how many batches there are.
struct StepSize {
    std::int64_t batch = 1;
    std::int64_t accumulate = 1;
    std::size_t objectives = 1;
};

/// Throws Error with the bytes needed and those to be had, if a training in such steps needs more
/// than this process may use: free memory, or the limit of its control group.
void check_memory(const model::ModelConfig& config, const StepSize& step);

}  // namespace mast::cli
