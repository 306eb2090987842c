// Masked spans: whole steps in a row are hidden, so that copying a neighbour does not help.
#include <algorithm>

#include "mask/families.h"
#include "mask/selection.h"

namespace mast::mask {

void build_block(Spec& spec, Objective& objective) {
    auto selection = select_tokens(spec, objective, {0.15, 0.6});
    const auto most = static_cast<double>(objective.steps);
    read_spans(spec, objective.steps, {1, std::min(5.0, most)}, selection);
    objective.hide = std::move(selection);
}

}  // namespace mast::mask
