// The proof that a target cannot reach its own read-out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mask/objective.h"

namespace mast::mask {

/// A way for a visible target to reach the row that predicts it.
struct Leak {
    std::int64_t target;             ///< token
    std::int64_t row;                ///< its read-out
    std::int64_t layers;             ///< depth at which it arrives
    std::vector<std::int64_t> path;  ///< tokens from target to row, one for each layer
    /// "a_2 -> row r_2 (layer 1) -> row o_3 (layer 2)".
    std::string text(const Layout& layout) const;
};

/// Information of token p can be in row q after l layers iff (A or I)^l [q, p]. A target is safe if
/// it is replaced at the input whenever it is predicted, or if (A or I)^layers [q, p] is 0. One
/// leak for each leaking target, by its shortest path.
std::vector<Leak> find_leaks(const Objective& objective, std::int64_t layers);

}  // namespace mast::mask
