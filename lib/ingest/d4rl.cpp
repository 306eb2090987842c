// D4RL: all episodes one after another in flat datasets, cut by terminals and timeouts. Version 1
// of d3rlpy's dump is the same but for `episode_terminals`, which marks the end of every episode.
#include "ingest/format.h"

namespace mast::ingest {

namespace {

bool detect(const store::h5::Group& root) {
    return root.kind_of("observations") != store::h5::Group::Kind::absent &&
           root.kind_of("actions") != store::h5::Group::Kind::absent;
}

FieldMap fields(const store::h5::Group& root) {
    auto map = present_fields(root, {{"rewards", {"rewards"}},
                                     {"terminals", {"terminals"}},
                                     {"timeouts", {"episode_terminals"}},
                                     {"next_observations", {"next_observations"}}});
    if (root.has_dataset("timeouts")) map["timeouts"] = {"timeouts"};
    map["observations"] = {"observations"};
    map["actions"] = {"actions"};
    return map;
}

}  // namespace

const Format kD4rl{"d4rl", "flat datasets, cut by terminals and timeouts", detect, fields, nullptr};

}  // namespace mast::ingest
