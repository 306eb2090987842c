#include "model/transformer.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "compute/buffer.h"
#include "compute/rows.h"
#include "model/block_panels.h"
#include "model/memory.h"
#include "model/tensors.h"
#include "model/workspace.h"

namespace mast::model {

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
    const BlockDone& block_done;
};

/// What a pass that looks at no target is given.
struct Reading {
    Read what;
    Predictions& out;
};

/// What a pass over a view is for: losses, and perhaps one of these.
struct Purpose {
    const Backward* backward = nullptr;
    const Reading* reading = nullptr;
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
        : config(config_in.in_domain(0)),
          table(config),
          values(table.size()),
          gradients(table.size()) {
        for (std::size_t d = 0; d < std::max<std::size_t>(1, config.domains.size()); ++d) {
            const auto one = config.in_domain(d);
            value_tensors_of.emplace_back(table, one, values.span());
            gradient_tensors_of.emplace_back(table, one, gradients.span());
        }
        set_precision(wanted);
    }
    void use_domain(std::size_t number);
    Tensors& value_tensors() { return value_tensors_of[domain]; }
    const Tensors& value_tensors() const { return value_tensors_of[domain]; }
    Tensors& gradient_tensors() { return gradient_tensors_of[domain]; }
    void set_precision(compute::Precision wanted);
    void freeze(const std::vector<std::string>& names);
    void clear_frozen_gradients();

    /// Whether every block keeps its packed weights for all micro-batches of a run.
    bool keeps_panels() const { return panels.size() == value_tensors().blocks.size(); }
    void pack_ahead(bool backward);
    const PackedBlock& packed_forward(std::size_t layer);
    const PackedBlock& packed_backward(std::size_t layer);

    Workspace& workspace_for(std::int64_t samples, std::int64_t steps, std::int64_t rows);
    LossSums run(const mask::Batch& batch, std::size_t view, const Purpose& purpose);
    BlockRows block_rows(const mask::MaskedView& view, std::size_t layer, Workspace& work) const;
    /// Of the samples from `first` on that work.rows was filled with.
    LossSums run_micro_batch(const mask::Batch& batch, const mask::MaskedView& view,
                             std::int64_t first, const Purpose& purpose, Workspace& work,
                             bool is_last);
    /// The same for one sample, of which only the attention is wanted.
    AttentionMaps attention(const mask::Batch& batch, const mask::MaskedView& view,
                            std::int64_t sample);
    /// The network's output, work.x.
    void run_forward(const Rows& input, const compute::DropoutKey& dropout, Workspace& work);
    /// From the gradient at the network's output, work.dx. done: may be empty.
    void run_backward(const Rows& input, const compute::DropoutKey& dropout, Workspace& work,
                      const BlockDone& done);
    void embed_dropped(const Rows& rows, const compute::DropoutKey& dropout, Matrix<float> x,
                       Workspace& work);
    void embed_dropped_backward(const Rows& rows, const compute::DropoutKey& dropout,
                                Matrix<float> dx, Workspace& work);
    void join_hidden(const Rows& joining, const compute::DropoutKey& dropout, Workspace& work);
    void part_hidden(const Rows& joining, const compute::DropoutKey& dropout, Workspace& work);

    ModelConfig config;
    ParameterTable table;
    compute::Buffer values;
    compute::Buffer gradients;
    std::vector<Tensors> value_tensors_of;  ///< by domain; the blocks of all are the same
    std::vector<Tensors> gradient_tensors_of;
    std::size_t domain = 0;  ///< in use, as config.domain
    compute::Precision precision = compute::Precision::f32;
    bool trains_blocks = true;        ///< or what lies before them
    std::vector<BlockPanels> panels;  ///< one for each block, or one that all take in turn
    std::optional<Workspace> workspace;
};

void Transformer::State::use_domain(std::size_t number) {
    if (number == domain) return;
    MAST_ASSERT(number < value_tensors_of.size());
    domain = number;
    config = config.in_domain(number);
}

void Transformer::State::set_precision(compute::Precision wanted) {
    precision = wanted;
    workspace.reset();
    panels.clear();
    for (std::int64_t i = 0; i < packed_blocks(config); ++i)
        panels.emplace_back(config.width, config.gate, precision);
}

void Transformer::State::freeze(const std::vector<std::string>& names) {
    table.freeze(names);
    const auto& all = table.parameters();
    trains_blocks = std::any_of(all.begin(), all.end(), [](const Parameter& parameter) {
        const auto& name = parameter.name;
        return parameter.trained && !name.starts_with("heads.") && !name.starts_with("ln_f.") &&
               !name.starts_with("average.");
    });
}

void Transformer::State::clear_frozen_gradients() {
    for (const auto& parameter : table.parameters()) {
        if (parameter.trained) continue;
        const auto frozen = table.of(gradients.span(), parameter);
        std::fill(frozen.begin(), frozen.end(), 0.0F);
    }
}

/// Packs what keeps_panels() lets stay for a whole run. Values may change between runs.
void Transformer::State::pack_ahead(bool backward) {
    if (!keeps_panels()) return;
    for (std::size_t layer = 0; layer < panels.size(); ++layer) {
        panels[layer].pack_forward(value_tensors().blocks[layer]);
        if (backward) panels[layer].pack_backward(value_tensors().blocks[layer]);
    }
}

const PackedBlock& Transformer::State::packed_forward(std::size_t layer) {
    if (keeps_panels()) return panels[layer].forward();
    panels[0].pack_forward(value_tensors().blocks[layer]);
    return panels[0].forward();
}

const PackedBlock& Transformer::State::packed_backward(std::size_t layer) {
    if (keeps_panels()) return panels[layer].backward();
    panels[0].pack_backward(value_tensors().blocks[layer]);
    return panels[0].backward();
}

Workspace& Transformer::State::workspace_for(std::int64_t samples, std::int64_t steps,
                                             std::int64_t rows) {
    if (!workspace || workspace->samples < samples || workspace->steps != steps ||
        workspace->most_rows < rows) {
        workspace.reset();
        workspace.emplace(config, precision, samples, steps, rows);
    }
    return *workspace;
}

LossSums Transformer::State::run(const mask::Batch& batch, std::size_t view,
                                 const Purpose& purpose) {
    const auto& windows = batch.windows;
    MAST_ASSERT(windows.steps <= config.context);
    MAST_ASSERT(batch.views[view].objective->steps == windows.steps);
    const auto at_once = micro_batch_rows(config, windows.steps, windows.batch,
                                          batch.views[view].objective->aim == mask::Aim::contrast);
    auto& work = workspace_for(windows.batch, windows.steps, at_once);
    pack_ahead(purpose.backward != nullptr && trains_blocks);
    LossSums sums;
    for (std::int64_t first = 0; first < windows.batch;) {
        const auto samples = work.rows.fill(batch, batch.views[view], first, at_once);
        if (work.rows.output(work.blocks.size() - 1).rows() > 0)
            sums += run_micro_batch(batch, batch.views[view], first, purpose, work,
                                    first + samples == windows.batch);
        first += samples;
    }
    return sums;
}

/// The plan is made anew where the rows are others than those of the layer before.
BlockRows Transformer::State::block_rows(const mask::MaskedView& view, std::size_t layer,
                                         Workspace& work) const {
    const auto& given = work.rows.input(layer);
    const auto query = work.rows.query(layer);
    const auto& computed = work.rows.output(layer);
    if (!work.planned || !work.rows.alike(*work.planned, layer)) {
        work.plan.make({given.samples(), view.objective->tokens(), config.heads, config.width},
                       {given.view(), query, computed.first()}, view.objective->attend);
    }
    work.planned = layer;
    return {work.plan, query, computed.view()};
}

/// x (R, C): embedded rows, of which some is dropped.
void Transformer::State::embed_dropped(const Rows& rows, const compute::DropoutKey& dropout,
                                       Matrix<float> x, Workspace& work) {
    embed(value_tensors().embedding, config, rows, work.embedding, x);
    compute::dropout(dropout, rows.set.view(), x, x);
}

/// dx (R, C), the gradient at embed_dropped()'s output, is not needed afterwards.
void Transformer::State::embed_dropped_backward(const Rows& rows,
                                                const compute::DropoutKey& dropout,
                                                Matrix<float> dx, Workspace& work) {
    compute::dropout(dropout, rows.set.view(), dx, dx);
    embed_backward(gradient_tensors().embedding, config, rows, work.embedding, dx);
}

/// The encoder's output, in work.x, and the hidden tokens become the input of the next layer.
void Transformer::State::join_hidden(const Rows& joining, const compute::DropoutKey& dropout,
                                     Workspace& work) {
    const auto layer = work.rows.encoder_layers();
    const auto input = work.blocks[layer].input.matrix(work.rows.input(layer).rows(), config.width);
    const auto encoded = work.x.matrix(work.rows.output(layer - 1).rows(), config.width);
    compute::place_rows(encoded, work.rows.encoded_place(), input);
    const auto hidden = work.scratch.narrow.matrix(joining.set.rows(), config.width);
    embed_dropped(joining, dropout, hidden, work);
    compute::place_rows(hidden, work.rows.joining_place(), input);
}

/// Of the gradient in work.dx the hidden tokens take their part, and that at the encoder's output
/// stays.
void Transformer::State::part_hidden(const Rows& joining, const compute::DropoutKey& dropout,
                                     Workspace& work) {
    const auto layer = work.rows.encoder_layers();
    const auto dinput = work.dx.matrix(work.rows.input(layer).rows(), config.width);
    const auto dhidden = work.scratch.wide.matrix(joining.set.rows(), config.width);
    compute::gather_rows(dinput, work.rows.joining_place(), dhidden);
    embed_dropped_backward(joining, dropout, dhidden, work);
    const auto encoded = work.rows.output(layer - 1).rows();
    const auto dencoded = work.scratch.narrow.matrix(encoded, config.width);
    compute::gather_rows(dinput, work.rows.encoded_place(), dencoded);
    std::copy_n(dencoded.data, dencoded.size(), work.dx.matrix(encoded, config.width).data);
}

void Transformer::State::run_forward(const Rows& input, const compute::DropoutKey& dropout,
                                     Workspace& work) {
    const auto& rows = work.rows;
    embed_dropped(input, dropout, work.blocks[0].input.matrix(input.set.rows(), config.width),
                  work);
    work.planned.reset();
    for (std::size_t layer = 0; layer < work.blocks.size(); ++layer) {
        if (layer > 0 && layer == rows.encoder_layers())
            join_hidden({input.batch, input.view, input.first, rows.joining()}, dropout, work);
        const bool passes = layer + 1 < work.blocks.size() && layer + 1 != rows.encoder_layers();
        auto& out = passes ? work.blocks[layer + 1].input : work.x;
        block_forward(value_tensors().blocks[layer], packed_forward(layer),
                      block_rows(input.view, layer, work), work.blocks[layer], work.scratch,
                      out.matrix(rows.output(layer).rows(), config.width),
                      block_dropout(dropout, layer));
    }
}

void Transformer::State::run_backward(const Rows& input, const compute::DropoutKey& dropout,
                                      Workspace& work, const BlockDone& done) {
    const auto& rows = work.rows;
    for (std::size_t layer = work.blocks.size(); layer-- > 0;) {
        block_backward(value_tensors().blocks[layer], packed_backward(layer),
                       gradient_tensors().blocks[layer], block_rows(input.view, layer, work),
                       work.dx.matrix(rows.input(layer).rows(), config.width), work.blocks[layer],
                       work.scratch, block_dropout(dropout, layer));
        if (layer > 0 && layer == rows.encoder_layers())
            part_hidden({input.batch, input.view, input.first, rows.joining()}, dropout, work);
        if (done) done(static_cast<std::int64_t>(layer));
    }
    embed_dropped_backward(input, dropout, work.dx.matrix(input.set.rows(), config.width), work);
}

LossSums Transformer::State::run_micro_batch(const mask::Batch& batch, const mask::MaskedView& view,
                                             std::int64_t first, const Purpose& purpose,
                                             Workspace& work, bool is_last) {
    const auto* const backward = purpose.backward;
    compute::DropoutKey dropout;
    if (backward != nullptr) {
        dropout = backward->dropout;
        dropout.sample += static_cast<std::uint32_t>(first);
    }
    const Rows input{batch, view, first, work.rows.input(0)};
    run_forward(input, dropout, work);
    const Rows read{batch, view, first, work.rows.output(work.blocks.size() - 1)};
    const auto x = work.x.matrix(read.set.rows(), config.width);
    if (purpose.reading != nullptr) {
        collect(value_tensors().heads, config, read, purpose.reading->what, x, work.heads,
                purpose.reading->out);
        return {};
    }
    if (backward == nullptr)
        return read_out(value_tensors().heads, nullptr, config, read, {}, x, {}, work.heads);
    const auto dx = work.dx.matrix(read.set.rows(), config.width);
    std::fill_n(dx.data, dx.size(), 0.0F);
    const auto sums = read_out(value_tensors().heads, &gradient_tensors().heads, config, read,
                               backward->scale, x, dx, work.heads);
    if (trains_blocks)
        run_backward(input, dropout, work, is_last ? backward->block_done : BlockDone());
    return sums;
}

AttentionMaps Transformer::State::attention(const mask::Batch& batch, const mask::MaskedView& view,
                                            std::int64_t sample) {
    const auto n = view.objective->tokens();
    AttentionMaps maps{config.layers, config.heads, n, {}};
    maps.values.assign(static_cast<std::size_t>(config.layers * config.heads * n * n), -1.0F);
    auto& work = workspace_for(batch.windows.batch, batch.windows.steps, n);
    pack_ahead(false);
    work.rows.fill(batch, view, sample, n);
    if (work.rows.output(work.blocks.size() - 1).rows() == 0) return maps;
    run_forward({batch, view, sample, work.rows.input(0)}, {}, work);
    for (std::size_t layer = 0; layer < work.blocks.size(); ++layer) {
        const auto keys = work.rows.input(layer).tokens_of(0);
        const auto queries = work.rows.output(layer).tokens_of(0);
        const float* next = work.blocks[layer].probabilities.span().data();
        for (std::int64_t head = 0; head < config.heads; ++head) {
            auto* const map = maps.values.data() +
                              (static_cast<std::int64_t>(layer) * config.heads + head) * n * n;
            for (const auto query : queries) {
                std::fill_n(map + query * n, n, 0.0F);
                for (const auto key : keys)
                    map[query * n + key] = *next++;
            }
        }
    }
    return maps;
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
void Transformer::use_domain(std::size_t number) {
    state_->use_domain(number);
}
void Transformer::freeze(const std::vector<std::string>& names) {
    state_->freeze(names);
}
void Transformer::zero_gradients() {
    state_->gradients.zero();
}

LossSums Transformer::loss(const mask::Batch& batch, std::size_t view) {
    return state_->run(batch, view, {});
}

void Transformer::predict(const mask::Batch& batch, std::size_t view, Predictions& out) {
    out.clear();
    const Reading reading{Read::outputs, out};
    state_->run(batch, view, {nullptr, &reading});
}

void Transformer::represent(const mask::Batch& batch, std::size_t view, Predictions& out) {
    out.clear();
    const Reading reading{Read::rows, out};
    state_->run(batch, view, {nullptr, &reading});
}

AttentionMaps Transformer::attention(const mask::Batch& batch, std::size_t view,
                                     std::int64_t sample) {
    return state_->attention(batch, batch.views[view], sample);
}

LossSums Transformer::accumulate_gradient(const mask::Batch& batch, std::size_t view,
                                          double weight) {
    return accumulate_gradient(batch, view, weight, count_targets(config(), batch, view));
}

LossSums Transformer::accumulate_gradient(const mask::Batch& batch, std::size_t view, double weight,
                                          const TargetCounts& targets,
                                          const compute::DropoutKey& dropout,
                                          const BlockDone& block_done) {
    Backward backward{scale_of(weight, targets), dropout, block_done};
    backward.dropout.objective = static_cast<std::uint32_t>(view);
    const auto sums = state_->run(batch, view, {&backward, nullptr});
    state_->clear_frozen_gradients();
    return sums;
}

double training_flops(const ModelConfig& config, std::int64_t batch) {
    const auto layers = static_cast<double>(config.layers);
    const auto width = static_cast<double>(config.width);
    const auto tokens = static_cast<double>(config.tokens());
    const double block_parameters = layers * config.block_weights();
    const auto samples = static_cast<double>(batch);
    return 6 * block_parameters * tokens * samples +
           12 * layers * tokens * tokens * width * samples;
}

}  // namespace mast::model
