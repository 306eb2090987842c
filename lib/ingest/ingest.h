// Foreign files -> one trajectory store.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/confined_child.h"
#include "ingest/field_map.h"
#include "ingest/format.h"
#include "store/history.h"
#include "store/trajectories.h"

namespace mast::ingest {

struct IngestOptions {
    const Format* format = nullptr;  ///< null: found out for each file
    FieldMap map;
    store::SplitRule split;
    double discount = 1.0;              ///< of the return-to-go
    std::optional<store::Shard> shard;  ///< which of the files are read; its set is filled in
    store::Overwrite overwrite = store::Overwrite::refuse;
    store::HistoryEntry history;  ///< of this command; the inputs are filled in
    ChildLimits limits;           ///< of the process that reads a foreign file
    /// Called between pieces of work, with the steps written so far; may throw to stop.
    std::function<void(std::int64_t steps, std::int64_t total)> progress;
};

struct IngestReport {
    std::string format;  ///< of all files, joined by + where they differ
    store::TrajectorySpec spec;
    std::int64_t steps = 0;
    std::int64_t episodes = 0;
    std::int64_t terminated = 0;
    std::int64_t truncated = 0;
    std::int64_t unfinished = 0;
    std::vector<std::string> warnings;
};

/// Reads the files one after another into one store, or of a shard its part of them; memory does
/// not grow with their size. Each is read in a process of its own, confined to it: to be called
/// before this program has threads. Throws as ConfinedSource does, and DataError if the files
/// differ in observations or actions.
IngestReport ingest(const std::vector<std::filesystem::path>& paths,
                    const std::filesystem::path& output, const IngestOptions& options);

}  // namespace mast::ingest
