// A network of random values that fits the stores of the tests.
#pragma once

#include <vector>

#include "mask/catalogue.h"
#include "model/transformer.h"

namespace mast::test {

/// Observations of 2 columns, actions of 1 column or 3 classes.
inline model::Transformer random_network(const std::vector<mask::Objective>& objectives,
                                         bool discrete, std::uint64_t seed = 5) {
    model::ModelConfig config;
    config.layout = objectives.front().layout;
    config.channels[store::index_of(store::Modality::obs)] = {2, false};
    config.channels[store::index_of(store::Modality::act)] = {discrete ? 3 : 1, discrete};
    for (const auto modality : {store::Modality::rew, store::Modality::rtg}) {
        if (config.layout.has(modality)) config.channels[store::index_of(modality)] = {1, false};
    }
    config.context = objectives.front().steps;
    config.layers = 2;
    config.heads = 2;
    config.width = 16;
    config.outputs = model::outputs_for(objectives);
    model::Transformer network(config);
    model::initialise(network.table(), network.config(), seed, network.values());
    return network;
}

}  // namespace mast::test
