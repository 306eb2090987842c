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
/// r_t at a_t, causal.
void build_reward(Spec& spec, Objective& objective);
/// R_t at o_t or a_t, causal, all returns hidden.
void build_return(Spec& spec, Objective& objective);
/// A random fraction of the tokens, each at its own row.
void build_random(Spec& spec, Objective& objective);
/// Named steps, each at its own row.
void build_steps(Spec& spec, Objective& objective);
/// Spans of steps, each token at its own row.
void build_block(Spec& spec, Objective& objective);
/// A random fraction, of which some are replaced or kept.
void build_bert(Spec& spec, Objective& objective);
/// Growing numbers of actions and observations; the actions at their own rows.
void build_hindsight(Spec& spec, Objective& objective);
/// Random tokens, and all from a drawn place on.
void build_autoregressive(Spec& spec, Objective& objective);
/// Which of the batch's observations is o_t+D, at o_t.
void build_contrast(Spec& spec, Objective& objective);
/// What expressions say.
void build_custom(Spec& spec, Objective& objective);
/// Fixed patterns of what is shown; what is hidden, at its own row.
void build_id(Spec& spec, Objective& objective);
void build_fd(Spec& spec, Objective& objective);
void build_bc(Spec& spec, Objective& objective);
void build_rcbc(Spec& spec, Objective& objective);
void build_goal(Spec& spec, Objective& objective);
void build_waypoint(Spec& spec, Objective& objective);
void build_future(Spec& spec, Objective& objective);
void build_past(Spec& spec, Objective& objective);

}  // namespace mast::mask
