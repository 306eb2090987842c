// Memory of a micro-batch on its way through the network and back.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compute/attention_plan.h"
#include "compute/buffer.h"
#include "model/block.h"
#include "model/embedding.h"
#include "model/heads.h"
#include "model/layer_rows.h"

namespace mast::model {

/// All activations of a micro-batch.
struct Workspace {
    /// Of up to `most_rows_in` rows, out of batches of up to `samples_in` windows.
    Workspace(const ModelConfig& config, compute::Precision precision, std::int64_t samples_in,
              std::int64_t steps_in, std::int64_t most_rows_in)
        : samples(samples_in),
          steps(steps_in),
          most_rows(most_rows_in),
          rows(config, samples, config.layout.tokens(steps), most_rows),
          x(most_rows * config.width),
          dx(most_rows * config.width),
          embedding(most_rows, config.width, config.widest()),
          scratch(most_rows, config, precision),
          heads(most_rows, config.layout.tokens(steps), config.width, config.widest()) {
        const auto tokens = config.layout.tokens(steps);
        plan.reserve(samples, most_rows, tokens);
        for (std::int64_t layer = 0; layer < config.layers; ++layer)
            blocks.emplace_back(most_rows, tokens, config, precision);
    }

    std::int64_t samples;
    std::int64_t steps;
    std::int64_t most_rows;
    LayerRows rows;
    compute::AttentionPlan plan;
    std::optional<std::size_t> planned;  ///< a layer whose rows the plan is for
    compute::Buffer x, dx;
    EmbeddingScratch embedding;
    std::vector<BlockActivations> blocks;
    BlockScratch scratch;
    HeadScratch heads;
};

}  // namespace mast::model
