// The JSON of commands: what they say keeps the order in which it was put together.
#pragma once

#include <nlohmann/json.hpp>

namespace mast::cli {

using Json = nlohmann::ordered_json;

}  // namespace mast::cli
