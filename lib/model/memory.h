// What a training needs of the machine's memory, known before it starts.
#pragma once

#include <cstdint>

#include "model/config.h"

namespace mast::model {

/// Bytes of a training in batches of `batch` windows: values, gradients and both moments of every
/// parameter, and the activations of a micro-batch. In double precision, for sizes that no machine
/// has must not overflow. Working memory of oneDNN, a few percent, is left out, and so are batches
/// (batch_bytes()).
double training_bytes(const ModelConfig& config, std::int64_t batch);

/// Bytes of `windows` windows at the length of the context and of what `objectives` objectives do
/// with each, at most. Batches that make up a step are held at the same time.
double batch_bytes(const ModelConfig& config, double windows, std::size_t objectives);

/// Windows that pass the network at once. While the weights stay in the last-level cache, a
/// micro-batch's activations should as well; larger weights come from memory each time, so that
/// more rows must share them (docs/performance.md). A contrast compares all targets of the batch
/// and needs all of them at once.
std::int64_t micro_batch(const ModelConfig& config, std::int64_t steps, std::int64_t batch,
                         bool contrast);

}  // namespace mast::model
