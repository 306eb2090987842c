// The sizes of a network that trains in a moment.
#pragma once

#include "model/config.h"

namespace mast::test {

/// Observations of 2 columns, actions of 1 column or 3 classes, as in LinearSystem and SmallStore.
inline model::ModelConfig tiny_config() {
    model::ModelConfig config;
    config.channels[store::index_of(store::Modality::obs)] = {2, false};
    config.channels[store::index_of(store::Modality::act)] = {3, true};
    config.context = 5;
    config.layers = 2;
    config.heads = 2;
    config.width = 16;
    config.outputs = {{"policy", store::Modality::act}, {"infill", store::Modality::obs}};
    return config;
}

}  // namespace mast::test
