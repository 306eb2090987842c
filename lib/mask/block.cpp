// Masked spans: whole steps in a row are hidden, so that copying a neighbour does not help.
#include <algorithm>

#include "mask/families.h"
#include "mask/selection.h"

namespace mast::mask {

void build_block(Spec& spec, Objective& objective) {
    auto selection = select_tokens(spec, objective, {0.15, 0.6});
    const auto most = static_cast<double>(objective.steps);
    const auto [shortest, longest] = spec.range("length", {1, std::min(5.0, most)}, 1, most);
    selection.shortest = static_cast<std::int64_t>(shortest);
    selection.longest = static_cast<std::int64_t>(longest);
    if (static_cast<double>(selection.shortest) != shortest ||
        static_cast<double>(selection.longest) != longest) {
        spec.refuse("length", "whole steps, or a range of them such as 2..5");
    }
    objective.hide = std::move(selection);
}

}  // namespace mast::mask
