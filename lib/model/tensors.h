// All tensors of a network, as the layers see them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "model/block.h"
#include "model/embedding.h"
#include "model/heads.h"

namespace mast::model {

/// In the values or in the gradients.
struct Tensors {
    Tensors(const ParameterTable& table, const ModelConfig& config, std::span<float> buffer)
        : embedding(table, config, buffer), heads(table, config, buffer) {
        for (std::int64_t layer = 0; layer < config.layers; ++layer) {
            blocks.emplace_back(table, buffer, fmt::format("blocks.{}.", layer), config.gate);
        }
    }
    EmbeddingTensors embedding;
    std::vector<BlockTensors> blocks;
    HeadTensors heads;
};

}  // namespace mast::model
