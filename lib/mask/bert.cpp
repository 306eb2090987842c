// BERT's masking: of the tokens to be predicted some are masked, some replaced, some left as they
// are.
#include "mask/families.h"
#include "mask/selection.h"

namespace mast::mask {

void build_bert(Spec& spec, Objective& objective) {
    auto selection = select_tokens(spec, objective, {0.15, 0.15});
    read_shares(spec, 0.8, 0.1, selection);
    if (selection.keeps() && selection.low >= 1) {
        spec.refuse(
            "ratio",
            "less than 1 where mask and replace keep tokens: the model would know that all "
            "are asked for, and copy those (lower it, or let mask and replace add up to 1)");
    }
    objective.replaces = selection.masked < 1;
    objective.hide = std::move(selection);
}

}  // namespace mast::mask
