// Small networks and batches that the tests of the model share.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "mask/catalogue.h"
#include "model/transformer.h"

namespace mast::test {

/// Noise under some objectives: B windows of different lengths, padded on the right.
struct Example {
    std::string tokens = "obs,act";
    std::vector<std::string> specs{"policy"};
    bool discrete = false;  ///< actions are classes
    std::int64_t batch_size = 4;
    std::int64_t steps = 5;
    bool padded = true;
    std::int64_t layers = 2;
    std::int64_t encoder_layers = 0;
    model::Gate gate = model::Gate::none;
    bool masked = false;  ///< actions are classes, of which some are not valid at some steps
    std::int64_t heads = 2;
    std::int64_t width = 8;
    std::int64_t observations = 3;  ///< columns
};

/// Objectives stay where they are when this is moved: the views point at them.
struct ExampleBatch {
    std::vector<mask::Objective> objectives;
    mask::Batch batch;
};

inline window::Channels channels_of(const Example& example) {
    window::Channels channels;
    channels[store::index_of(store::Modality::obs)] = {example.observations, false};
    channels[store::index_of(store::Modality::act)] = {2, example.discrete};
    if (example.masked) channels[store::index_of(store::Modality::act)] = {4, true, true};
    channels[store::index_of(store::Modality::rew)] = {1, false};
    channels[store::index_of(store::Modality::rtg)] = {1, false};
    return channels;
}

inline ExampleBatch make_batch(const Example& example) {
    const mask::Layout layout(example.tokens);
    ExampleBatch made;
    for (const auto& spec : example.specs)
        made.objectives.push_back(mask::make_objective(spec, layout, example.steps));
    auto& windows = made.batch.windows;
    windows.resize(example.batch_size, example.steps, channels_of(example), layout.modalities());
    Random random(3, "example", 0);
    for (std::int64_t row = 0; row < example.batch_size * example.steps; ++row) {
        const auto b = row / example.steps;
        const auto length =
            example.padded ? 1 + (example.steps + 2 * b - 1) % example.steps : example.steps;
        const bool valid = row % example.steps < length;
        windows.valid[static_cast<std::size_t>(row)] = valid ? 1 : 0;
        for (std::size_t m = 0; m < windows.values.size(); ++m) {
            const auto dim = windows.values[m].empty() ? 0 : windows.channels[m].dim;
            for (std::int64_t d = 0; d < dim; ++d) {
                windows.values[m][static_cast<std::size_t>(row * dim + d)] =
                    valid ? static_cast<float>(random.normal()) : 0.0F;
            }
        }
        if (windows.classes.empty()) continue;
        const auto classes = windows.channels[store::index_of(store::Modality::act)].dim;
        const auto taken = valid ? static_cast<std::int32_t>(random.below(classes)) : 0;
        windows.classes[static_cast<std::size_t>(row)] = taken;
        for (std::int64_t k = 0; example.masked && valid && k < classes; ++k) {
            windows.may[static_cast<std::size_t>(row * classes + k)] =
                k == taken || random.uniform() < 0.5 ? 1 : 0;
        }
    }
    mask::mask_windows(made.objectives, {5, 0, 1.0}, made.batch);
    return made;
}

/// Every parameter drawn far from its initial value.
inline model::Transformer make_model(const Example& example, const ExampleBatch& made) {
    model::ModelConfig config;
    config.layout = mask::Layout(example.tokens);
    config.channels = channels_of(example);
    config.context = example.steps;
    config.layers = example.layers;
    config.encoder_layers = example.encoder_layers;
    config.gate = example.gate;
    config.heads = example.heads;
    config.width = example.width;
    config.outputs = model::outputs_for(made.objectives);
    model::Transformer model(config);
    Random random(3, "parameters", 0);
    for (const auto& parameter : model.table().parameters()) {
        for (auto& value : model.table().of(model.values(), parameter))
            value = static_cast<float>(0.4 * random.normal());
    }
    return model;
}

/// The largest difference, relative to the largest expected element; 1e300 for a nan.
inline double distance(std::span<const float> actual, std::span<const float> expected) {
    double difference = actual.size() == expected.size() ? 0.0 : 1e300;
    double largest = 1e-30;
    for (std::size_t i = 0; i < std::min(actual.size(), expected.size()); ++i) {
        const auto d = std::abs(static_cast<double>(actual[i]) - static_cast<double>(expected[i]));
        difference = d <= 1e300 ? std::max(difference, d) : 1e300;
        largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
    }
    return difference / largest;
}

inline std::vector<float> copy_of(std::span<const float> values) {
    return {values.begin(), values.end()};
}

/// The loss of a view with dropout; its gradient is added to those of the model.
inline double dropped_loss(model::Transformer& model, const mask::Batch& batch, std::size_t view,
                           const compute::DropoutKey& dropout) {
    const auto targets = model::count_targets(model.config(), batch, view);
    return model.accumulate_gradient(batch, view, 1.0, targets, dropout).loss();
}

/// Gradients of all views, from zero.
inline std::vector<float> gradients_of(model::Transformer& model, const mask::Batch& batch,
                                       const compute::DropoutKey& dropout = {}) {
    model.zero_gradients();
    for (std::size_t view = 0; view < batch.views.size(); ++view)
        dropped_loss(model, batch, view, dropout);
    return copy_of(model.gradients());
}

}  // namespace mast::test
