// Gymnasium's description of what an observation or action may be, as Minari stores it in JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mast::ingest {

struct NamedSpace;

struct Space {
    enum class Kind : std::uint8_t {
        box,
        discrete,
        multi_discrete,
        multi_binary,
        dict,
        tuple,
        text,
        other
    };

    Kind kind = Kind::other;
    std::string type;  ///< as the file names it, for messages
    /// First value and number of values of each discrete entry.
    struct Range {
        std::int64_t start;
        std::int64_t count;
    };
    std::vector<Range> ranges;  ///< of discrete and multi_discrete
    /// Bounds of a box, column by column; infinite where there are none. Empty if the file tells
    /// none.
    std::vector<float> low, high;
    /// Parts of dict (by key, in the space's own order) and tuple (as "_index_0", ...).
    std::vector<NamedSpace> parts;

    /// The part at "observation/joint"; null if there is none.
    const Space* find(const std::string& path) const;
};

struct NamedSpace {
    std::string key;
    Space space;
};

/// Throws DataError naming `where`. The bare words Infinity and NaN, which JSON does not have but
/// Minari writes, are accepted.
Space parse_space(const std::string& json, const std::string& where);

}  // namespace mast::ingest
