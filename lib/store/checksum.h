// The recorded hashes of a file's datasets and attributes, and whether they still hold.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "store/h5.h"

namespace mast::store {

/// Rows first .. first + count - 1 of a dataset of floats, handed on while they are hashed.
using RowVisitor = std::function<void(std::int64_t first, std::int64_t count, const float* rows)>;

/// Rows of a block of a dataset with rows of that many bytes.
std::int64_t block_rows(std::int64_t row_bytes);

/// Reads the dataset block by block and records the XXH3 of its bytes, in row order, as its
/// attribute `xxh3`. A visitor sees the rows on the way (datasets of float32 only).
void record_checksum(h5::Dataset& dataset, const RowVisitor& visitor = nullptr);

/// record_checksum() for every dataset below the group that has none yet.
void record_checksums(const h5::Group& group);

/// Records the XXH3 of all attributes of a file, and of the shapes of its datasets, as the
/// attribute `attributes` of its root. To be called when all others are there, but for `complete`.
void record_attributes(h5::Group& root);

/// One line for each dataset that has holes, cannot be read, or does not match its recorded hash,
/// "/obs: what is, what was expected", and one for the attributes. Reads everything.
std::vector<std::string> damage_inside(const h5::Group& root);

/// XXH3 over the recorded hashes of all datasets below the group, in order of name.
std::string content_hash(const h5::Group& group);

}  // namespace mast::store
