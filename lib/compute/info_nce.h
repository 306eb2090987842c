// Contrastive loss: each anchor is to tell its own code among all codes.
#pragma once

#include "base/matrix.h"

namespace mast::compute {

/// Sum over rows of -log softmax(anchors codesᵀ / √C)[r, r], in nats and double precision (InfoNCE:
/// van den Oord et al. 2018, eq. 4).
///
/// anchors, codes (R, C); danchors (R, C) overwritten with scale times the gradient, or an empty
/// view: no gradient wanted. Codes get none: they are the targets. (R, R) logits are never held,
/// only blocks of rows. Throws std::logic_error if shapes disagree.
double info_nce(Matrix<const float> anchors, Matrix<const float> codes, float scale,
                Matrix<float> danchors);

}  // namespace mast::compute
