// Random masked prediction: a fraction of the tokens is hidden, anew in each sample.
#include "mask/families.h"
#include "mask/selection.h"

namespace mast::mask {

void build_random(Spec& spec, Objective& objective) {
    objective.hide = select_tokens(spec, objective, {0.15, 0.6});
}

}  // namespace mast::mask
