// A look at JSON before it is parsed.
#pragma once

#include <string_view>

namespace mast {

/// No file of mast nests deeper. The JSON library parses any depth, but copies and prints by
/// recursion, and a deep enough text would overflow the stack.
inline constexpr int kDeepestJson = 64;

/// Whether lists and objects stand inside each other more than kDeepestJson deep.
bool nested_too_deep(std::string_view json);

}  // namespace mast
