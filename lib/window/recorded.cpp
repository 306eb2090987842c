#include "window/recorded.h"

namespace mast::window {

Recorded recorded_in(const store::TrajectoryReader& store) {
    const auto& actions = store.statistics(store::Modality::act);
    return {store.spec().discount,
            {actions.min.begin(), actions.min.end()},
            {actions.max.begin(), actions.max.end()}};
}

}  // namespace mast::window
