// A JSON description as aligned text for people.
#pragma once

#include <string>

namespace mast::cli {

/// An object as lines of "key  value": lists of objects become tables below their key, objects of
/// plain values one line, numbers six digits. A table shows its first rows only; JSON shows all.
/// `json` is the text of an object that this program made.
std::string aligned_text(const std::string& json);

}  // namespace mast::cli
