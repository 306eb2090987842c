// A network of two layers for any source of batches.
#pragma once

#include "model/config.h"
#include "train/batch_source.h"

namespace mast::train {

inline model::ModelConfig network_for(const BatchSource& source) {
    model::ModelConfig config;
    config.layout = source.objectives().front().layout;
    config.channels = source.channels();
    config.context = source.objectives().front().steps;
    config.layers = 2;
    config.heads = 2;
    config.width = 32;
    config.outputs = model::outputs_for(source.objectives());
    return config;
}

}  // namespace mast::train
