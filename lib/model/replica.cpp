#include "model/replica.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

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
    : all_(table.size()), is_begun_(static_cast<std::size_t>(config.layers), true) {
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
    is_begun_.assign(is_begun_.size(), false);
}

compute::Into PartGradients::into_block(std::size_t layer) {
    if (is_begun_[layer]) return compute::Into::add;
    is_begun_[layer] = true;
    return compute::Into::replace;
}

void PartGradients::complete() {
    const auto& blocks = tensors_.front().blocks;
    for (std::size_t layer = 0; layer < blocks.size(); ++layer) {
        if (is_begun_[layer]) continue;
        for (const auto& weights : weights_of(blocks[layer]))
            std::fill(weights.begin(), weights.end(), 0.0F);
        is_begun_[layer] = true;
    }
}

}  // namespace mast::model
