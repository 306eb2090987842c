// What a training needs of the machine's memory, known before it starts.
#pragma once

#include <cstdint>

#include "compute/precision.h"
#include "model/config.h"

namespace mast::model {

/// Bytes of a training in batches of `batch` windows: values, gradients and both moments of every
/// parameter, and the activations of the micro-batches that pass at once on compute::threads()
/// threads, with operands of products in `precision`. In double precision, for sizes that no
/// machine has must not overflow. What each thread needs for an operation, a few percent (2 n²
/// floats for attention), and the batch itself (mask::batch_bytes) are left out.
double training_bytes(const ModelConfig& config, compute::Precision precision, std::int64_t batch);

/// Bytes of the values of every parameter.
double value_bytes(const ModelConfig& config);

/// Most rows that pass a layer at once, with operands of products in `precision`. While the weights
/// stay in the last-level cache, a micro-batch's activations should as well, of which bfloat16 has
/// half as many bytes; larger weights come from memory each time, so that more rows must share them
/// (docs/performance.md). A contrast compares all targets of the batch and needs all of them at
/// once.
std::int64_t micro_batch_rows(const ModelConfig& config, compute::Precision precision,
                              std::int64_t steps, std::int64_t batch, bool contrast);

/// Parts of a batch that pass the network side by side, each with gradients of its own, which are
/// added up (replica.h). They pay while the weights stay in the cache, and more than two while the
/// gradients of all parts do. Which machine it is does not count, for the order of sums depends on
/// them. At most kMostParts.
std::int64_t batch_parts(const ModelConfig& config, std::int64_t steps, std::int64_t batch,
                         bool contrast);
inline constexpr std::int64_t kMostParts = 4;

/// Whether blocks keep what their products read, and GELU's slope, on the way back too: in
/// bfloat16, and in single precision of networks whose micro-batches are small (micro_batch_rows).
/// Others make it anew from fewer bytes, for in single precision they would keep half as much
/// again.
bool keeps_operands(const ModelConfig& config, compute::Precision precision);

/// Whether each block keeps packed copies of its weights (block_panels.h) for all micro-batches of
/// a run: while these stay in the last-level cache.
bool keeps_panels(const ModelConfig& config);

}  // namespace mast::model
