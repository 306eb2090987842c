// Files that are one in all: shard i of n of a store or of batches.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "store/h5.h"

namespace mast::store {

/// Which part of a whole a file is.
struct Shard {
    std::int64_t number = 1;  ///< 1 .. count
    std::int64_t count = 1;
    std::string set;  ///< the same in all shards of one whole, and in no others
};

/// First of the items 0 .. items - 1 that shard `number` has, which follow each other; that of
/// shard number + 1 ends them.
std::int64_t first_of_shard(std::int64_t items, std::int64_t number, std::int64_t count);

/// Writes the attributes shard, shards and shard_set.
void write_shard(h5::Group& root, const Shard& shard);
/// Nothing if the file is whole by itself. Throws DataError.
std::optional<Shard> read_shard(const h5::Group& root);

/// Files that belong together, each list one whole: shards by number, other files by themselves, in
/// the order of their first ones. Throws DataError naming what is missing or stands twice.
std::vector<std::vector<std::filesystem::path>> join_shards(
    const std::vector<std::filesystem::path>& paths);

}  // namespace mast::store
