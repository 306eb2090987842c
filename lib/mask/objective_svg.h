// A picture of an objective.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mask/leak.h"
#include "mask/objective.h"

namespace mast::mask {

/// The attention matrix (dark where a row may look) under a strip of the tokens of sample 0 of
/// `seed`, with the read-outs of that sample outlined and the leaks in red, as a whole SVG 1.1
/// file. Up to 120 tokens each dark cell is a <rect>, above that all are one <path>.
std::string draw_svg(const Objective& objective, const std::vector<Leak>& leaks,
                     std::uint64_t seed);

}  // namespace mast::mask
