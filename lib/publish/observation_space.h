// Observations as Minari describes them: a box, or a tree of boxes by the names of their parts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/trajectories.h"

namespace mast::publish {

/// One dataset of an episode's observations.
struct ObservationPart {
    std::string path;  ///< below the episode: "observations/joint/omega"
    std::int64_t first;
    std::int64_t width;  ///< columns of the store
};

struct ObservationSpace {
    std::vector<ObservationPart> parts;  ///< in the order of the columns
    std::string json;                    ///< as Minari writes it
    /// False where names stand for no tree in their order (two of a name, "a" beside "a/b"): then
    /// all columns are one part.
    bool keeps_names = true;
};

ObservationSpace observation_space(const std::vector<store::Component>& components,
                                   std::int64_t columns);

/// A box of `width` numbers without bounds.
std::string box_json(std::int64_t width);

}  // namespace mast::publish
