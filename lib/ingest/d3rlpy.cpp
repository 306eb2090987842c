// d3rlpy's dump: a set of datasets for each episode, told apart by the number at the end of their
// names. An episode that is not `terminated` may have met a time limit or just stop: it counts as
// unfinished.
#include <fmt/format.h>

#include "ingest/format.h"

namespace mast::ingest {

namespace {

bool detect(const store::h5::Group& root) {
    return root.has_dataset("actions_0") &&
           (root.has_dataset("observations_0") || root.has_dataset("observations_0_0"));
}

FieldMap fields(const store::h5::Group& root) {
    auto map = present_fields(root, {{"rewards", {"rewards_*"}}, {"terminals", {"terminated_*"}}});
    map["actions"] = {"actions_*"};
    if (root.has_dataset("observations_0")) {
        map["observations"] = {"observations_*"};
        return map;
    }
    // A tuple: one dataset for each part, its number at the very end.
    for (int part = 0; root.has_dataset(fmt::format("observations_0_{}", part)); ++part) {
        map["observations"].push_back(fmt::format("observations_*_{}", part));
    }
    return map;
}

}  // namespace

const Format kD3rlpy{"d3rlpy", "datasets with the episode's number in their names", detect, fields,
                     nullptr};

}  // namespace mast::ingest
