// How a network is asked for what it makes of each step, rather than for a target.
#pragma once

#include "mask/objective.h"

namespace mast::mask {

/// Attention as in the objective; nothing is hidden, and every observation is read at its own row.
Objective representation(const Objective& objective);

/// Whether the row of some observation may look at a token of a later step.
bool looks_ahead(const Objective& objective);

}  // namespace mast::mask
