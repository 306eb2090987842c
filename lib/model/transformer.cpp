#include "model/transformer.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/assert.h"
#include "compute/buffer.h"
#include "model/block.h"
#include "model/embedding.h"
#include "model/heads.h"
#include "model/layer_rows.h"
#include "model/memory.h"

namespace mast::model {

namespace {

/// All activations of a micro-batch.
struct Workspace {
    /// Of up to `most_rows_in` rows, out of batches of up to `samples_in` windows.
    Workspace(const ModelConfig& config, std::int64_t samples_in, std::int64_t steps_in,
              std::int64_t most_rows_in)
        : samples(samples_in),
          steps(steps_in),
          most_rows(most_rows_in),
          rows(config, samples, config.layout.tokens(steps), most_rows),
          x(most_rows * config.width),
          dx(most_rows * config.width),
          embedding(most_rows, config.width, widest(config)),
          scratch(most_rows, config.width),
          heads(most_rows, config.layout.tokens(steps), config.width, widest(config)) {
        const auto tokens = config.layout.tokens(steps);
        plan.reserve(samples, most_rows, tokens);
        for (std::int64_t layer = 0; layer < config.layers; ++layer)
            blocks.emplace_back(most_rows, tokens, config.width, config.heads);
    }

    static std::int64_t widest(const ModelConfig& config) {
        std::int64_t most = config.has_average() ? config.width : 1;
        for (const auto& channel : config.channels)
            most = std::max(most, channel.dim);
        return most;
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

std::array<std::int64_t, 4> count_targets(const ModelConfig& config, const mask::Batch& batch,
                                          std::size_t view) {
    const auto& masked = batch.views[view];
    const auto& layout = masked.objective->layout;
    const auto n = layout.tokens(batch.windows.steps);
    std::array<std::int64_t, 4> counts{};
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

struct Transformer::State {
    explicit State(const ModelConfig& config_in)
        : config(config_in),
          table(config),
          values(table.size()),
          gradients(table.size()),
          value_tensors(table, config, values.span()),
          gradient_tensors(table, config, gradients.span()) {}

    Workspace& workspace_for(std::int64_t samples, std::int64_t steps, std::int64_t rows);
    LossSums run(const mask::Batch& batch, std::size_t view, const double* weight);
    BlockRows block_rows(const mask::MaskedView& view, std::size_t layer, Workspace& work) const;
    /// Of the samples from `first` on that work.rows was filled with.
    LossSums run_micro_batch(const mask::Batch& batch, const mask::MaskedView& view,
                             std::int64_t first, const std::array<float, 4>& scale, bool backward,
                             Workspace& work);

    ModelConfig config;
    ParameterTable table;
    compute::Buffer values;
    compute::Buffer gradients;
    Tensors value_tensors;
    Tensors gradient_tensors;
    std::optional<Workspace> workspace;
};

Workspace& Transformer::State::workspace_for(std::int64_t samples, std::int64_t steps,
                                             std::int64_t rows) {
    if (!workspace || workspace->samples < samples || workspace->steps != steps ||
        workspace->most_rows < rows) {
        workspace.reset();
        workspace.emplace(config, samples, steps, rows);
    }
    return *workspace;
}

LossSums Transformer::State::run(const mask::Batch& batch, std::size_t view, const double* weight) {
    const auto& windows = batch.windows;
    MAST_ASSERT(windows.steps <= config.context);
    MAST_ASSERT(batch.views[view].objective->steps == windows.steps);
    std::array<float, 4> scale{};
    if (weight != nullptr) {
        const auto counts = count_targets(config, batch, view);
        for (std::size_t m = 0; m < scale.size(); ++m) {
            if (counts[m] > 0)
                scale[m] = static_cast<float>(*weight / static_cast<double>(counts[m]));
        }
    }
    const auto at_once = micro_batch_rows(config, windows.steps, windows.batch,
                                          batch.views[view].objective->aim == mask::Aim::contrast);
    auto& work = workspace_for(windows.batch, windows.steps, at_once);
    LossSums sums;
    for (std::int64_t first = 0; first < windows.batch;) {
        const auto samples = work.rows.fill(batch, batch.views[view], first, at_once);
        sums += run_micro_batch(batch, batch.views[view], first, scale, weight != nullptr, work);
        first += samples;
    }
    return sums;
}

/// The plan is made anew where the rows are others than those of the layer before.
BlockRows Transformer::State::block_rows(const mask::MaskedView& view, std::size_t layer,
                                         Workspace& work) const {
    const auto& given = work.rows.input(layer);
    const auto query = work.rows.query(layer);
    if (!work.planned || !work.rows.alike(*work.planned, layer)) {
        const auto& computed = work.rows.output(layer);
        work.plan.make({given.samples(), view.objective->tokens(), config.heads, config.width},
                       {given.token(), given.first(), query, computed.first()},
                       view.objective->attend);
    }
    work.planned = layer;
    return {work.plan, query};
}

LossSums Transformer::State::run_micro_batch(const mask::Batch& batch, const mask::MaskedView& view,
                                             std::int64_t first, const std::array<float, 4>& scale,
                                             bool backward, Workspace& work) {
    const auto c = config.width;
    const auto layers = work.blocks.size();
    const auto given = [&](std::size_t layer) { return work.rows.input(layer).rows(); };
    work.planned.reset();
    const Rows embedded{batch, view, first, work.rows.input(0)};
    const auto x = work.x.matrix(given(0), c);
    embed_shown(value_tensors.embedding, config, embedded, work.embedding, x);
    embed_masked(value_tensors.embedding, config, embedded, x);
    for (std::size_t layer = 0; layer < layers; ++layer) {
        if (given(layer) == 0) continue;
        block_forward(value_tensors.blocks[layer], block_rows(view, layer, work),
                      work.x.matrix(given(layer), c), work.blocks[layer], work.scratch);
    }
    const Rows read{batch, view, first, work.rows.output(layers - 1)};
    const auto dread = work.dx.matrix(read.set.rows(), c);
    if (backward) std::fill_n(dread.data, dread.size(), 0.0F);
    const auto sums =
        read_out(value_tensors.heads, backward ? &gradient_tensors.heads : nullptr, config, read,
                 scale, work.x.matrix(read.set.rows(), c), dread, work.heads);
    if (!backward) return sums;
    for (std::size_t layer = layers; layer-- > 0;) {
        if (given(layer) == 0) continue;
        block_backward(value_tensors.blocks[layer], gradient_tensors.blocks[layer],
                       block_rows(view, layer, work), work.dx.matrix(given(layer), c),
                       work.blocks[layer], work.scratch);
    }
    const auto dx = work.dx.matrix(given(0), c);
    embed_shown_backward(gradient_tensors.embedding, config, embedded, work.embedding, dx);
    embed_masked_backward(gradient_tensors.embedding, embedded, dx);
    return sums;
}

Transformer::Transformer(const ModelConfig& config) {
    check(config);
    state_ = std::make_unique<State>(config);
}
Transformer::~Transformer() = default;
Transformer::Transformer(Transformer&&) noexcept = default;

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
    return state_->run(batch, view, &weight);
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
