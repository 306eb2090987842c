// Looks through a store for what no attention mask can hide, because it stands in the data.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "store/trajectories.h"

namespace mast::train {

/// One thing found, or one measure taken.
///
/// kind                           what              value
/// previous_action                obs column        R^2 of o_t from a_t-1 alone, above 0.999
/// reward_from_returns            rew               R^2 of R_t - discount R_t+1 as r_t
/// reward_from_step               rew               R^2 from o_t and a_t, above 0.999
/// reward_from_next_observation   rew               R^2 from o_t+1, above 0.999
/// duplicate                      two columns       their correlation, or R^2 for a class
/// constant                       column            its value
/// skipped                        a check           columns or steps that are too many or too few
/// sampled                        train split       part of its blocks that was read
/// action_from_observation        act column, mean  R^2 from o_t
/// action_from_two_observations   act column, mean  R^2 from o_t and o_t+1
///
/// The last two are measures and always there unless skipped; a mean is over columns that vary.
struct AuditFinding {
    std::string kind;
    std::string what;
    double value;
    std::string text;  ///< one sentence, its end says what to do
};

/// What bounds time and memory.
struct AuditLimits {
    /// Above so many observation or action columns, fits with (columns, columns) equations are left
    /// out: 2048 take about 0.7 GB.
    std::int64_t columns = 2048;
    /// Multiplications; where all steps would need more, only some blocks are read. About 25
    /// minutes of one core.
    double work = 2e12;
};

/// Reads the train split once, block by block; pairs of steps lie within an episode. `between` is
/// called between blocks and may throw to stop. Throws IoError or DataError as the reader does.
std::vector<AuditFinding> audit(const store::TrajectoryReader& store,
                                const std::function<void()>& between,
                                const AuditLimits& limits = {});

}  // namespace mast::train
