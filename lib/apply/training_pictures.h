// Pictures of what a network does with one window, for whoever watches a training.
#pragma once

#include <cstddef>

#include "mask/batch.h"
#include "model/transformer.h"
#include "picture/raster.h"

namespace mast::apply {

/// Where the tokens of the batch's first window look: a square for each layer (from the top) and
/// head (from the left), row q and column k dark where token q looks at token k. Rows that no
/// prediction depends on are not computed and stay blue. Squares of many tokens are shrunk, each
/// pixel the largest share in it.
picture::Raster draw_attention(model::Transformer& model, const mask::Batch& batch,
                               std::size_t view);

/// What is predicted in the batch's first window: a strip for each column of each predicted
/// modality (the first kMostStrips), time from the left. Grey where a token was hidden, a dark line
/// the truth, orange the prediction, in standardised units; of discrete actions the class.
/// The objective predicts values; see mask::Aim.
picture::Raster draw_predictions(model::Transformer& model, const mask::Batch& batch,
                                 std::size_t view);

inline constexpr std::int64_t kMostStrips = 12;

}  // namespace mast::apply
