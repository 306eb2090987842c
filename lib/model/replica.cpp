#include "model/replica.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/assert.h"

namespace mast::model {

namespace {

/// The gradients that block_backward() replaces, in the order in which they lie.
std::array<std::span<float>, 4> weights_of(const BlockTensors& block) {
    std::array<std::span<float>, 4> weights;
    auto* next = weights.data();
    for (const auto* layer : {&block.qkv, &block.attention_out, &block.mlp_in, &block.mlp_out}) {
        *next++ = {layer->weight.data, static_cast<std::size_t>(layer->weight.size())};
    }
    std::sort(weights.begin(), weights.end(),
              [](const auto& a, const auto& b) { return a.data() < b.data(); });
    return weights;
}

}  // namespace

PartGradients::PartGradients(const ParameterTable& table, const ModelConfig& config)
    : all_(table.size()), begun_blocks_(static_cast<std::size_t>(config.layers), true) {
    for (std::size_t d = 0; d < std::max<std::size_t>(1, config.domains.size()); ++d)
        tensors_.emplace_back(table, config.in_domain(d), all_.span());
}

void PartGradients::clear() {
    float* first = all_.span().data();
    for (const auto& block : tensors_.front().blocks) {
        for (const auto& weights : weights_of(block)) {
            MAST_ASSERT(first <= weights.data());
            std::fill(first, weights.data(), 0.0F);
            first = weights.data() + weights.size();
        }
    }
    std::fill(first, all_.span().data() + all_.size(), 0.0F);
    begun_blocks_.assign(begun_blocks_.size(), false);
}

compute::WeightGradient PartGradients::into_block(std::size_t layer) {
    if (begun_blocks_[layer]) return compute::WeightGradient::add;
    begun_blocks_[layer] = true;
    return compute::WeightGradient::replace;
}

void PartGradients::complete() {
    const auto& blocks = tensors_.front().blocks;
    for (std::size_t layer = 0; layer < blocks.size(); ++layer) {
        if (begun_blocks_[layer]) continue;
        for (const auto& weights : weights_of(blocks[layer]))
            std::fill(weights.begin(), weights.end(), 0.0F);
        begun_blocks_[layer] = true;
    }
}

}  // namespace mast::model
