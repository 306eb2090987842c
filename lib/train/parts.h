// Which samples of a step's batches a process takes.
#pragma once

#include <cstdint>
#include <vector>

#include "mask/objective.h"
#include "train/processes.h"

namespace mast::train {

/// Samples of one batch that follow each other.
struct Part {
    std::int64_t batch;  ///< among those that are shared out, from 0
    std::int64_t first;
    std::int64_t count;
};

/// Whether some objective compares or mixes the samples of a batch, so that each batch must be one
/// process's.
bool needs_whole_batches(const std::vector<mask::Objective>& objectives);

/// The samples of `batches` batches shared out in their order, or the batches where each is to stay
/// whole; shares differ by one at most. Those of one process, none empty.
std::vector<Part> parts_of(std::int64_t batches, std::int64_t batch_size, bool whole,
                           const Processes& processes);

/// Throws UsageError if a step has not enough for each process.
void check_parts(std::int64_t batches, std::int64_t batch_size,
                 const std::vector<mask::Objective>& objectives, const Processes& processes);

}  // namespace mast::train
