// Objectives that users make: by expressions, or by naming tokens.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "mask/objective.h"
#include "mask/spec.h"

namespace mast::mask {

/// What a JSON file gives as numbers instead of expressions.
struct Given {
    std::optional<std::vector<std::uint8_t>> attend;   ///< (n, n)
    std::optional<std::vector<std::uint8_t>> hide;     ///< (n)
    std::optional<std::vector<std::int64_t>> readout;  ///< (n)
};

/// attend, hide, predict and what goes with them, from the spec or as given. Throws UsageError.
void build_custom(Spec& spec, Objective& objective, const Given& given);

}  // namespace mast::mask
