// The layouts that mast knows by name: how each is recognised, and where its fields lie.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ingest/field_map.h"
#include "ingest/input_file.h"
#include "ingest/space.h"
#include "store/h5.h"

namespace mast::ingest {

/// Descriptions of a file's spaces, where it has them, and the paths that they describe.
struct Spaces {
    std::optional<Space> observations;
    std::optional<Space> actions;
};

struct Format {
    const char* name;
    const char* summary;
    bool (*detect)(const store::h5::Group& root);
    FieldMap (*fields)(const store::h5::Group& root);
    /// Null if the format has none.
    Spaces (*spaces)(const store::h5::Group& root, const InputFile& file);
};

extern const Format kD4rl;
extern const Format kMinari;
extern const Format kRobomimic;
extern const Format kD3rlpy;
/// Any layout, by --map alone.
extern const Format kMapped;

/// In the order in which they are tried.
std::span<const Format* const> formats();

/// Throws UsageError with a suggestion.
const Format& find_format(const std::string& name);

/// The first format that fits; null if none does.
const Format* detect_format(const store::h5::Group& root);

/// Drops from a map the paths of fields that the file does not have.
FieldMap present_fields(const store::h5::Group& root, const FieldMap& fields);

/// Numbers that stand for the * of a path in this file, in rising order. Throws DataError if the
/// path has no *.
std::vector<std::int64_t> episode_numbers(const store::h5::Group& root, const std::string& path);

/// The path with its * replaced.
std::string with_number(const std::string& path, std::int64_t number);

}  // namespace mast::ingest
