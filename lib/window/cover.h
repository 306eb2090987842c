// Windows that hold every step of the chosen episodes.
#pragma once

#include <cstdint>
#include <vector>

#include "window/window_index.h"

namespace mast::window {

/// A window, and the steps that are taken from it.
struct CoverPart {
    std::int64_t number;  ///< of the window in its index
    std::int64_t first;   ///< step of the window
    std::int64_t count;
};

/// In the order of the store; every step is taken from exactly one window. In each episode windows
/// begin at multiples of `stride`, and one ends with it; 1 <= stride <= T. A window's first
/// `before` steps are taken from the one before it, where there is one; 0 <= before <= T - stride.
std::vector<CoverPart> cover(const WindowIndex& index, std::int64_t stride, std::int64_t before);

}  // namespace mast::window
