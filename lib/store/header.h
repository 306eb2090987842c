// The attributes that every HDF5 file of mast carries: mast_kind, mast_version, complete, history.
#pragma once

#include <filesystem>
#include <string>

#include "store/h5.h"
#include "store/history.h"

namespace mast::store {

inline constexpr const char* kTrajectories = "trajectories";
inline constexpr const char* kBatches = "batches";
inline constexpr const char* kInfill = "infill";
inline constexpr const char* kEmbeddings = "embeddings";

/// Attribute of a file that was written to its end.
inline constexpr const char* kComplete = "complete";

struct Header {
    std::string kind;
    std::string version;
    History history;
};

/// Writes kind, version and history; `complete` is not yet there.
void begin_header(h5::File& file, const std::string& kind, const History& history);

/// Writes the hash of the attributes, then `complete`; the last thing written before the file is
/// closed.
void complete_header(h5::File& file);

/// Throws DataError if the file is not one of mast's, is of another kind than `kind` (empty: any),
/// or is not complete.
Header read_header(const h5::File& file, const std::string& kind);

}  // namespace mast::store
