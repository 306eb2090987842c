// Objectives as JSON, in a file or in one line.
#pragma once

#include <string>

#include "mask/custom.h"

namespace mast::mask {

/// An object such as
///   {"name": "gap", "attend": "k.step<=q.step", "hide": [3, 5], "predict": [{"token": 3, "row":
///   4}]}
/// taken apart: what is text or a number becomes the arguments of a spec, custom:attend=..., what
/// is a list becomes numbers. Throws UsageError naming `where`.
struct JsonObjective {
    std::string name;  ///< keys losses; letters, digits and _
    std::string spec;  ///< custom:...
    Given given;
};
JsonObjective read_objective_json(const std::string& text, const std::string& where,
                                  std::int64_t tokens);

/// "@FILE" becomes the JSON object of the file, in one line; any other text is returned as it is.
std::string without_file(const std::string& spec);

}  // namespace mast::mask
