// The build functions behind the catalogue, one file for each family of objectives.
#pragma once

#include "mask/objective.h"
#include "mask/spec.h"

namespace mast::mask {

// Each fills in role, attend, readout, target and hide; on entry layout and steps are set and every
// token is without a read-out. Each throws UsageError through the spec.

/// a_t at o_t, causal.
void build_policy(Spec& spec, Objective& objective);
/// o_t+1 at a_t, causal.
void build_forward(Spec& spec, Objective& objective);
/// a_t at o_t+k, which sees no action of steps t .. t+k-1; or the article's band (rm_idx).
void build_inverse(Spec& spec, Objective& objective);
/// A random fraction of the tokens, each at its own row.
void build_random(Spec& spec, Objective& objective);
/// Named steps, each at its own row.
void build_steps(Spec& spec, Objective& objective);

}  // namespace mast::mask
