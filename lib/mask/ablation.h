// What a target's own row contributes: the same objective with that row's token taken away.
#pragma once

#include <optional>

#include "mask/objective.h"

namespace mast::mask {

/// For an objective that reads targets at later tokens, as inverse dynamics does: in each sample
/// one such token, drawn at random, is masked, and only what is read there is predicted. Its loss
/// beside that of the objective tells how much the later observation is used at all; without a
/// difference the past alone, a behaviour policy, gives the answer. Nothing for other objectives.
std::optional<Objective> without_row(const Objective& objective);

}  // namespace mast::mask
