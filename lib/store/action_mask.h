// Which discrete actions are valid at a step: invalid-action masks (Huang and Ontañón 2022).
#pragma once

#include <cstdint>
#include <span>

namespace mast::store {

/// Whether masks (count, K) hold 1 and 0 only, and 1 for each of the classes (count) that were
/// taken. Masks that are not there allow everything.
bool allows(std::span<const std::uint8_t> masks, std::span<const std::int32_t> classes);

}  // namespace mast::store
