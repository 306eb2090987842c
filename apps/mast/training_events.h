// What a training tells TensorBoard.
#pragma once

#include <cstdint>

#include "mast/json.h"
#include "model/transformer.h"
#include "train/batch_source.h"
#include "train/run_writer.h"

namespace mast::cli {

/// The numbers of a line of metrics.jsonl under tags that TensorBoard groups: loss/total,
/// loss/SPEC, val_loss/SPEC, training/{grad_norm,lr,skipped,spikes}, hidden/SPEC/KIND.
std::vector<train::Scalar> scalars_of(const Json& metrics);

/// Adds attention/SPEC and infilled/SPEC of the first window of the source's first batch. What is
/// predicted as embeddings has no picture of values.
void add_pictures(model::Transformer& model, train::BatchSource& source, std::int64_t step,
                  train::RunWriter& run);

}  // namespace mast::cli
