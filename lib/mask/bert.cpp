// BERT's masking: of the tokens to be predicted some are masked, some replaced, some left as they
// are.
#include "mask/families.h"
#include "mask/selection.h"

namespace mast::mask {

void build_bert(Spec& spec, Objective& objective) {
    auto selection = select_tokens(spec, objective, {0.15, 0.15});
    selection.masked = spec.number("mask", 0.8, 0, 1);
    selection.replaced = spec.number("replace", 0.1, 0, 1);
    if (selection.masked + selection.replaced > 1) {
        spec.refuse("replace", "no more than 1 together with mask: the rest is kept");
    }
    objective.replaces = selection.masked < 1;
    objective.hide = std::move(selection);
}

}  // namespace mast::mask
