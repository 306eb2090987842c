#include "model/transformer.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/assert.h"
#include "compute/buffer.h"
#include "model/block.h"
#include "model/block_panels.h"
#include "model/embedding.h"
#include "model/heads.h"
#include "model/memory.h"

namespace mast::model {

namespace {

/// All activations of a micro-batch.
struct Workspace {
    Workspace(const ModelConfig& config, std::int64_t samples_in, std::int64_t steps_in)
        : samples(samples_in),
          steps(steps_in),
          x(rows(config) * config.width),
          dx(rows(config) * config.width),
          embedding(samples * steps, config.width, widest(config)),
          scratch(rows(config), config.width),
          heads(samples * steps, config.width, widest(config)),
          valid(static_cast<std::size_t>(rows(config))) {
        for (std::int64_t layer = 0; layer < config.layers; ++layer) {
            blocks.emplace_back(rows(config), samples, config.layout.tokens(steps), config.width,
                                config.heads);
        }
    }

    std::int64_t rows(const ModelConfig& config) const {
        return samples * config.layout.tokens(steps);
    }
    static std::int64_t widest(const ModelConfig& config) {
        std::int64_t most = config.has_average() ? config.width : 1;
        for (const auto& channel : config.channels)
            most = std::max(most, channel.dim);
        return most;
    }

    std::int64_t samples;
    std::int64_t steps;
    compute::Buffer x, dx;
    EmbeddingScratch embedding;
    std::vector<BlockActivations> blocks;
    BlockScratch scratch;
    HeadScratch heads;
    std::vector<std::uint8_t> valid;  ///< (B, n)
};

/// All tensors of the network, in the values or in the gradients.
struct Tensors {
    Tensors(const ParameterTable& table, const ModelConfig& config, std::span<float> buffer)
        : embedding(table, config, buffer), heads(table, config, buffer) {
        for (std::int64_t layer = 0; layer < config.layers; ++layer) {
            blocks.emplace_back(table, buffer, fmt::format("blocks.{}.", layer));
        }
    }
    EmbeddingTensors embedding;
    std::vector<BlockTensors> blocks;
    HeadTensors heads;
};

}  // namespace

double LossSums::loss() const {
    double total = 0;
    for (std::size_t m = 0; m < sum.size(); ++m) {
        if (count[m] > 0) total += sum[m] / static_cast<double>(count[m]);
    }
    return total;
}

LossSums& LossSums::operator+=(const LossSums& other) {
    for (std::size_t m = 0; m < sum.size(); ++m) {
        sum[m] += other.sum[m];
        count[m] += other.count[m];
    }
    return *this;
}

TargetCounts count_targets(const ModelConfig& config, const mask::Batch& batch, std::size_t view) {
    const auto& masked = batch.views[view];
    const auto& layout = masked.objective->layout;
    const auto n = layout.tokens(batch.windows.steps);
    TargetCounts counts{};
    for (std::int64_t i = 0; i < batch.windows.batch * n; ++i) {
        if (masked.predict[static_cast<std::size_t>(i)] == 0) continue;
        ++counts[store::index_of(layout.modality_of(i % n))];
    }
    for (std::size_t m = 0; m < counts.size(); ++m) {
        const auto& channel = batch.windows.channels[m];
        const auto aim = masked.objective->aim;
        const auto columns = aim == mask::Aim::value ? channel.dim : config.width;
        counts[m] = elements_of(counts[m], columns, channel, aim);
    }
    return counts;
}

namespace {

/// What a pass with gradients is given.
struct Backward {
    std::array<float, 4> scale;  ///< see read_out()
    compute::DropoutKey dropout;
};

/// The key of a layer's block; that of the embedding is the first.
compute::DropoutKey block_dropout(compute::DropoutKey key, std::size_t layer) {
    key.site = 1 + static_cast<std::uint32_t>(layer) * kDropoutSites;
    return key;
}

/// What a loss's gradient is multiplied by: weight / count, 0 where nothing is predicted.
std::array<float, 4> scale_of(double weight, const TargetCounts& targets) {
    std::array<float, 4> scale{};
    for (std::size_t m = 0; m < scale.size(); ++m) {
        if (targets[m] > 0) scale[m] = static_cast<float>(weight / static_cast<double>(targets[m]));
    }
    return scale;
}

}  // namespace

struct Transformer::State {
    State(const ModelConfig& config_in, compute::Precision wanted)
        : config(config_in),
          table(config),
          values(table.size()),
          gradients(table.size()),
          value_tensors(table, config, values.span()),
          gradient_tensors(table, config, gradients.span()) {
        set_precision(wanted);
    }
    void set_precision(compute::Precision wanted);

    /// Whether every block keeps its packed weights for all micro-batches of a run.
    bool keeps_panels() const { return panels.size() == value_tensors.blocks.size(); }
    void pack_ahead(bool backward);
    const PackedBlock& packed_forward(std::size_t layer);
    const PackedBlock& packed_backward(std::size_t layer);

    Workspace& workspace_for(std::int64_t samples, std::int64_t steps);
    /// backward: null for losses alone.
    LossSums run(const mask::Batch& batch, std::size_t view, const Backward* backward);
    LossSums run_micro_batch(const mask::Batch& batch, const mask::MaskedView& view,
                             SampleRange samples, const Backward* backward, Workspace& work);

    ModelConfig config;
    ParameterTable table;
    compute::Buffer values;
    compute::Buffer gradients;
    Tensors value_tensors;
    Tensors gradient_tensors;
    compute::Precision precision = compute::Precision::f32;
    std::vector<BlockPanels> panels;  ///< one for each block, or one that all take in turn
    std::optional<Workspace> workspace;
};

void Transformer::State::set_precision(compute::Precision wanted) {
    precision = wanted;
    panels.clear();
    for (std::int64_t i = 0; i < packed_blocks(config); ++i)
        panels.emplace_back(config.width, precision);
}

/// Packs what keeps_panels() lets stay for a whole run. Values may change between runs.
void Transformer::State::pack_ahead(bool backward) {
    if (!keeps_panels()) return;
    for (std::size_t layer = 0; layer < panels.size(); ++layer) {
        panels[layer].pack_forward(value_tensors.blocks[layer]);
        if (backward) panels[layer].pack_backward(value_tensors.blocks[layer]);
    }
}

const PackedBlock& Transformer::State::packed_forward(std::size_t layer) {
    if (keeps_panels()) return panels[layer].forward();
    panels[0].pack_forward(value_tensors.blocks[layer]);
    return panels[0].forward();
}

const PackedBlock& Transformer::State::packed_backward(std::size_t layer) {
    if (keeps_panels()) return panels[layer].backward();
    panels[0].pack_backward(value_tensors.blocks[layer]);
    return panels[0].backward();
}

Workspace& Transformer::State::workspace_for(std::int64_t samples, std::int64_t steps) {
    if (!workspace || workspace->samples < samples || workspace->steps != steps) {
        workspace.reset();
        workspace.emplace(config, samples, steps);
    }
    return *workspace;
}

LossSums Transformer::State::run(const mask::Batch& batch, std::size_t view,
                                 const Backward* backward) {
    const auto& windows = batch.windows;
    MAST_ASSERT(windows.steps <= config.context);
    MAST_ASSERT(batch.views[view].objective->steps == windows.steps);
    const auto at_once = micro_batch(config, windows.steps, windows.batch,
                                     batch.views[view].objective->aim == mask::Aim::contrast);
    auto& work = workspace_for(at_once, windows.steps);
    pack_ahead(backward != nullptr);
    LossSums sums;
    for (std::int64_t first = 0; first < windows.batch; first += at_once) {
        const SampleRange samples{first, std::min(at_once, windows.batch - first)};
        sums += run_micro_batch(batch, batch.views[view], samples, backward, work);
    }
    return sums;
}

LossSums Transformer::State::run_micro_batch(const mask::Batch& batch, const mask::MaskedView& view,
                                             SampleRange samples, const Backward* backward,
                                             Workspace& work) {
    compute::DropoutKey dropout;
    if (backward != nullptr) {
        dropout = backward->dropout;
        dropout.sample += static_cast<std::uint32_t>(samples.first);
    }
    const auto n = config.layout.tokens(batch.windows.steps);
    const auto rows = samples.count * n;
    for (std::int64_t i = 0; i < rows; ++i) {
        const auto step = samples.first * batch.windows.steps + i / config.layout.per_step();
        work.valid[static_cast<std::size_t>(i)] =
            batch.windows.valid[static_cast<std::size_t>(step)];
    }
    const compute::AttentionShape shape{samples.count, n, config.heads, config.width};
    const compute::AttentionMask mask{view.objective->attend,
                                      std::span(work.valid).first(static_cast<std::size_t>(rows))};
    const auto x = work.x.matrix(rows, config.width);
    embed(value_tensors.embedding, config, batch, view, samples, work.embedding, x);
    compute::dropout(dropout, samples.count, x.span(), x.span());
    for (std::size_t layer = 0; layer < work.blocks.size(); ++layer) {
        block_forward(value_tensors.blocks[layer], packed_forward(layer), shape, mask, x,
                      work.blocks[layer], block_dropout(dropout, layer));
    }
    const auto dx = work.dx.matrix(rows, config.width);
    if (backward != nullptr) std::fill_n(dx.data, dx.size(), 0.0F);
    const auto sums =
        read_out(value_tensors.heads, backward != nullptr ? &gradient_tensors.heads : nullptr,
                 config, batch, view, samples,
                 backward != nullptr ? backward->scale : std::array<float, 4>{}, x, dx, work.heads);
    if (backward == nullptr) return sums;
    for (std::size_t layer = work.blocks.size(); layer-- > 0;) {
        block_backward(value_tensors.blocks[layer], packed_backward(layer),
                       gradient_tensors.blocks[layer], shape, mask, dx, work.blocks[layer],
                       work.scratch, block_dropout(dropout, layer));
    }
    compute::dropout(dropout, samples.count, dx.span(), dx.span());
    embed_backward(gradient_tensors.embedding, config, batch, view, samples, work.embedding, dx);
    return sums;
}

Transformer::Transformer(const ModelConfig& config, compute::Precision precision) {
    check(config);
    state_ = std::make_unique<State>(config, precision);
}
Transformer::~Transformer() = default;
Transformer::Transformer(Transformer&&) noexcept = default;

compute::Precision Transformer::precision() const {
    return state_->precision;
}
void Transformer::set_precision(compute::Precision precision) {
    state_->set_precision(precision);
}
const ModelConfig& Transformer::config() const {
    return state_->config;
}
const ParameterTable& Transformer::table() const {
    return state_->table;
}
std::span<float> Transformer::values() {
    return state_->values.span();
}
std::span<const float> Transformer::values() const {
    return std::as_const(state_->values).span();
}
std::span<float> Transformer::gradients() {
    return state_->gradients.span();
}
void Transformer::zero_gradients() {
    state_->gradients.zero();
}

LossSums Transformer::loss(const mask::Batch& batch, std::size_t view) {
    return state_->run(batch, view, nullptr);
}

LossSums Transformer::accumulate_gradient(const mask::Batch& batch, std::size_t view,
                                          double weight) {
    return accumulate_gradient(batch, view, weight, count_targets(config(), batch, view));
}

LossSums Transformer::accumulate_gradient(const mask::Batch& batch, std::size_t view, double weight,
                                          const TargetCounts& targets,
                                          const compute::DropoutKey& dropout) {
    Backward backward{scale_of(weight, targets), dropout};
    backward.dropout.objective = static_cast<std::uint32_t>(view);
    return state_->run(batch, view, &backward);
}

double training_flops(const ModelConfig& config, std::int64_t batch) {
    const auto layers = static_cast<double>(config.layers);
    const auto width = static_cast<double>(config.width);
    const auto tokens = static_cast<double>(config.tokens());
    const double block_parameters = layers * 12 * width * width;
    const auto samples = static_cast<double>(batch);
    return 6 * block_parameters * tokens * samples +
           12 * layers * tokens * tokens * width * samples;
}

}  // namespace mast::model
