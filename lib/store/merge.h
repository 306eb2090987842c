// Shards of a store -> the store that they are in all.
#pragma once

#include <filesystem>
#include <functional>

#include "store/trajectories.h"

namespace mast::store {

/// Writes the datasets that ingest would have written without shards, to the byte, in bounded
/// memory. `between` is called with the steps written so far, and may throw to stop.
void merge(const TrajectoryReader& shards, const std::filesystem::path& target, Overwrite overwrite,
           const History& history, const std::function<void(std::int64_t steps)>& between);

}  // namespace mast::store
