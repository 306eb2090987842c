// BERT's masking: of the tokens to be predicted some are masked, some replaced, some left as they
// are.
#include "mask/families.h"
#include "mask/selection.h"

namespace mast::mask {

void build_bert(Spec& spec, Objective& objective) {
    auto selection = select_tokens(spec, objective, {0.15, 0.15});
    read_shares(spec, 0.8, 0.1, selection);
    objective.replaces = selection.masked < 1;
    objective.hide = std::move(selection);
}

}  // namespace mast::mask
