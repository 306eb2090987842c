// robomimic: data/demo_N with observations by name. The last `done` of a demonstration says that
// the task ended; the format has no time limits.
#include "ingest/format.h"

namespace mast::ingest {

namespace {

bool detect(const store::h5::Group& root) {
    const auto numbers = episode_numbers(root, "data/demo_*");
    if (numbers.empty()) return false;
    return root.has_group(with_number("data/demo_*/obs", numbers.front()));
}

FieldMap fields(const store::h5::Group& root) {
    auto map = present_fields(root, {{"rewards", {"data/demo_*/rewards"}},
                                     {"terminals", {"data/demo_*/dones"}},
                                     {"next_observations", {"data/demo_*/next_obs"}}});
    map["observations"] = {"data/demo_*/obs"};
    map["actions"] = {"data/demo_*/actions"};
    return map;
}

}  // namespace

const Format kRobomimic{"robomimic", "data/demo_N with observations by name", detect, fields,
                        nullptr};

}  // namespace mast::ingest
