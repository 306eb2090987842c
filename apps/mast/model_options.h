// The options by which several commands choose the sizes of a network and how it computes.
#pragma once

#include <string>

#include "compute/precision.h"
#include "mast/options.h"
#include "model/config.h"
#include "model/preset.h"

namespace mast::cli {

/// --preset --context --layers --heads --width --encoder --decoder-layers --precision. preset: the
/// default; "": none, sizes are else those of a run.
void add_model_options(boost::program_options::options_description& options,
                       const std::string& preset);

const model::Preset& chosen_preset(const Options& options);

/// Context, layers, heads, width and encoder; the rest of the configuration comes with the data.
/// Throws UsageError where sizes do not fit each other.
model::ModelConfig read_sizes(const Options& options);
/// The same, but what is not given is that of a run.
model::ModelConfig read_sizes(const Options& options, const model::ModelConfig& run);

/// Throws UsageError unless it is f32 or bf16.
compute::Precision read_precision(const Options& options);
/// The same of the word itself.
compute::Precision precision_of(const std::string& word);

}  // namespace mast::cli
