#include "model/decoder.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <vector>

#include "base/assert.h"
#include "compute/attention.h"
#include "compute/buffer.h"
#include "compute/gelu.h"
#include "compute/layer_norm.h"
#include "compute/linear.h"
#include "model/block_panels.h"
#include "model/tensors.h"

namespace mast::model {

namespace {

/// (n, n) each row sees those before it and itself.
std::vector<std::uint8_t> causal(std::int64_t n) {
    std::vector<std::uint8_t> attend(static_cast<std::size_t>(n * n), 0);
    for (std::int64_t q = 0; q < n; ++q)
        std::fill_n(attend.begin() + q * n, q + 1, std::uint8_t{1});
    return attend;
}

/// Rows of tokens first .. first + count - 1.
Matrix<float> rows_of(compute::Buffer& buffer, std::int64_t first, std::int64_t count,
                      std::int64_t cols) {
    const auto all = buffer.span().subspan(static_cast<std::size_t>(first * cols),
                                           static_cast<std::size_t>(count * cols));
    return {all, count, cols};
}

}  // namespace

struct Decoder::State {
    explicit State(Transformer& model)
        : config(model.config()),
          values(model.table(), config, model.values()),
          most(config.tokens()),
          attend(causal(most)),
          content(most * config.width),
          x(most * config.width),
          normed(most * config.width),
          attended(most * config.width),
          hidden(most * 4 * config.width),
          probabilities(most * most * config.heads),
          norms(2 * most) {
        for (auto& block : values.blocks) {
            panels.emplace_back(config.width, config.gate, model.precision()).pack_forward(block);
            qkv.emplace_back(most * 3 * config.width);
        }
        if (config.gate != Gate::none) gate.emplace(most, config.width);
        token.resize(static_cast<std::size_t>(most));
        std::iota(token.begin(), token.end(), 0);
        query.resize(static_cast<std::size_t>(most));
        std::iota(query.begin(), query.end(), std::int64_t{0});
    }

    std::span<float> add_content();
    void embed_pending();
    void plan_queries(std::int64_t first);
    void run_block(std::size_t layer);
    void join(Matrix<float> branch, const compute::RightOperand& weight,
              std::span<const float> bias, const std::optional<GateTensors>& tensors,
              const GateWeights& weights, Matrix<float> residual);
    void compute_pending();

    ModelConfig config;
    Tensors values;
    std::int64_t most;  ///< tokens of a full window
    std::vector<std::uint8_t> attend;
    std::vector<BlockPanels> panels;   ///< of each block
    std::vector<compute::Buffer> qkv;  ///< of each block, (n, 3C): keys and values that are kept
    compute::Buffer content;           ///< (n, C) of the window's tokens, without their position
    compute::Buffer x, normed, attended, hidden, probabilities, norms;  ///< of the pending rows
    std::optional<GateActivations> gate;
    compute::AttentionPlan plan;
    std::vector<std::int32_t> token;  ///< (n) 0, 1, ...
    std::vector<std::int64_t> query;  ///< (n) 0, 1, ...
    std::int64_t count = 0;           ///< tokens of the window
    std::int64_t done = 0;            ///< of which the keys and values are there
};

/// The place of the next token's content; if there is none, the oldest step goes.
std::span<float> Decoder::State::add_content() {
    const auto width = config.width;
    const auto all = content.span();
    if (count == most) {
        const auto gone = config.layout.per_step();
        std::copy(all.begin() + gone * width, all.end(), all.begin());
        count -= gone;
        done = 0;
    }
    ++count;
    return all.subspan(static_cast<std::size_t>((count - 1) * width),
                       static_cast<std::size_t>(width));
}

/// x: content, position and modality of the tokens from `done` on.
void Decoder::State::embed_pending() {
    const auto per_step = config.layout.per_step();
    for (auto i = done; i < count; ++i) {
        const auto* from = content.span().data() + i * config.width;
        const auto* position = values.embedding.position.row(i / per_step);
        const auto& modality =
            values.embedding.modalities[static_cast<std::size_t>(i % per_step)].modality;
        float* to = x.span().data() + (i - done) * config.width;
        for (std::int64_t c = 0; c < config.width; ++c)
            to[c] = from[c] + position[c] + modality[static_cast<std::size_t>(c)];
    }
}

/// All tokens are keys, those from `first` on are queries.
void Decoder::State::plan_queries(std::int64_t first) {
    const std::array<std::int64_t, 2> keys{0, count};
    const std::array<std::int64_t, 2> queries{0, count - first};
    const auto place = [](std::int64_t i) { return static_cast<std::size_t>(i); };
    plan.make({1, most, config.heads, config.width},
              {{std::span(token).first(place(count)), keys},
               std::span(query).subspan(place(first), place(count - first)),
               queries},
              attend);
}

/// residual (R, C) takes the branch in: the last layer of it, and a gate where there are any.
void Decoder::State::join(Matrix<float> branch, const compute::RightOperand& weight,
                          std::span<const float> bias, const std::optional<GateTensors>& tensors,
                          const GateWeights& weights, Matrix<float> residual) {
    if (!tensors) {
        compute::linear(branch, weight, bias, residual, residual);
        return;
    }
    compute::linear(branch, weight, bias, {}, gate->branch.matrix(residual.rows, residual.cols));
    gate_forward(*tensors, weights, residual, *gate, residual);
}

/// From the pending rows in x to theirs after the block; of the last block, the last row alone.
void Decoder::State::run_block(std::size_t layer) {
    const auto& block = values.blocks[layer];
    const auto& weights = panels[layer].forward();
    const auto width = config.width;
    const bool is_last = layer + 1 == values.blocks.size();
    const auto first = is_last ? count - 1 : done;
    const auto rows = count - first;
    const auto norm = norms.span();
    const auto mean = norm.first(static_cast<std::size_t>(count - done));
    const auto rstd = norm.last(static_cast<std::size_t>(count - done));

    const auto given = x.matrix(count - done, width);
    compute::layer_norm(given, block.ln1.gain, block.ln1.bias, normed.matrix(count - done, width),
                        mean, rstd);
    compute::linear(normed.matrix(count - done, width), weights.qkv, block.qkv.bias, {},
                    rows_of(qkv[layer], done, count - done, 3 * width));
    plan_queries(first);
    const auto out = attended.matrix(rows, width);
    compute::attention(plan, qkv[layer].matrix(count, 3 * width),
                       probabilities.span().first(static_cast<std::size_t>(plan.probabilities())),
                       out);
    const auto middle = rows_of(x, first - done, rows, width);
    join(out, weights.attention_out, block.attention_out.bias, block.attention_gate,
         weights.attention_gate, middle);
    compute::layer_norm(middle, block.ln2.gain, block.ln2.bias, normed.matrix(rows, width),
                        mean.first(static_cast<std::size_t>(rows)),
                        rstd.first(static_cast<std::size_t>(rows)));
    const auto wide = hidden.matrix(rows, 4 * width);
    compute::linear(normed.matrix(rows, width), weights.mlp_in, block.mlp_in.bias, {}, wide);
    compute::gelu(wide, wide);
    join(wide, weights.mlp_out, block.mlp_out.bias, block.mlp_gate, weights.mlp_gate, middle);
}

void Decoder::State::compute_pending() {
    MAST_ASSERT(count > done);
    embed_pending();
    for (std::size_t layer = 0; layer < values.blocks.size(); ++layer)
        run_block(layer);
    // The last row is the network's output; it stays where read() finds it.
    const auto last = rows_of(x, count - 1 - done, 1, config.width);
    std::copy_n(last.data, config.width, attended.span().data());
    done = count;
}

Decoder::Decoder(Transformer& model) : state_(std::make_unique<State>(model)) {}
Decoder::~Decoder() = default;

void Decoder::restart() {
    state_->count = 0;
    state_->done = 0;
}

store::Modality Decoder::next() const {
    return state_->config.layout.modality_of(state_->count);
}

std::int64_t Decoder::tokens() const {
    return state_->count;
}

void Decoder::push(std::span<const float> values) {
    auto& state = *state_;
    const auto slot = static_cast<std::size_t>(state.config.layout.slot(next()));
    const auto& linear = state.values.embedding.modalities[slot].linear;
    MAST_ASSERT(static_cast<std::int64_t>(values.size()) == linear.weight.cols);
    const auto out = state.add_content();
    compute::linear({values.data(), 1, linear.weight.cols}, linear.weight, linear.bias,
                    {out, 1, state.config.width});
}

void Decoder::push(std::int32_t number) {
    auto& state = *state_;
    const auto slot = static_cast<std::size_t>(state.config.layout.slot(next()));
    const auto& classes = state.values.embedding.modalities[slot].classes;
    MAST_ASSERT(number >= 0 && number < classes.rows);
    std::copy_n(classes.row(number), state.config.width, state.add_content().data());
}

void Decoder::read(std::size_t head, std::span<float> out) {
    auto& state = *state_;
    if (state.done < state.count) state.compute_pending();
    const auto& norm = state.values.heads.last_norm;
    const auto& linear = state.values.heads.outputs.at(head);
    const auto width = state.config.width;
    const auto normed = state.normed.matrix(1, width);
    compute::layer_norm(state.attended.matrix(1, width), norm.gain, norm.bias, normed,
                        state.norms.span().first(1), state.norms.span().last(1));
    compute::linear(normed, linear.weight, linear.bias,
                    {out, 1, static_cast<std::int64_t>(out.size())});
}

}  // namespace mast::model
