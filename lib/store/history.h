// What a file tells of its own making: one entry for each command that led to it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mast::store {

/// One command. `inputs` are "name hash" pairs of the files it read.
struct HistoryEntry {
    std::string command;  ///< the command line as typed
    std::string version;
    std::uint64_t seed = 0;
    std::vector<std::string> inputs;

    bool operator==(const HistoryEntry&) const = default;
};

/// Oldest first.
using History = std::vector<HistoryEntry>;

/// Both, of entries that they share only the first's.
History join(History first, const History& second);

/// A JSON list of objects with the keys command, version, seed and inputs.
std::string to_json(const History& history);

/// Throws DataError naming `where`.
History history_from_json(const std::string& text, const std::string& where);

}  // namespace mast::store
