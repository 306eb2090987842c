// Text that a terminal may be shown, whatever a file put into it.
#pragma once

#include <string>
#include <string_view>

namespace mast {

/// The text in one line of UTF-8: control characters and bytes that are no UTF-8 become \n, \x1b
/// and the like, so that a name inside a file can neither break a line nor command a terminal.
std::string printable(std::string_view text);

}  // namespace mast
