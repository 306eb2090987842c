#include "store/action_mask.h"

#include <algorithm>

namespace mast::store {

bool allows(std::span<const std::uint8_t> masks, std::span<const std::int32_t> classes) {
    if (masks.empty()) return true;
    if (std::any_of(masks.begin(), masks.end(), [](auto mark) { return mark > 1; })) return false;
    const auto count = masks.size() / std::max<std::size_t>(1, classes.size());
    for (std::size_t r = 0; r < classes.size(); ++r) {
        if (masks[r * count + static_cast<std::size_t>(classes[r])] == 0) return false;
    }
    return true;
}

}  // namespace mast::store
