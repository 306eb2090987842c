// Where the fields of an episode lie in a foreign file.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace mast::ingest {

/// Field name -> paths inside the file. Several paths are put side by side. A `*` in a path stands
/// for the number of an episode; without one, a dataset holds all episodes one after another.
///
/// Fields: observations, actions, action_mask, rewards, terminals, timeouts, next_observations.
using FieldMap = std::map<std::string, std::vector<std::string>>;

/// "observations=a+b,actions=c" taken apart. Throws UsageError naming the mistake.
FieldMap parse_field_map(const std::string& text);

}  // namespace mast::ingest
