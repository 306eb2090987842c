#include "model/transformer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "compute/parallel.h"
#include "model/memory.h"
#include "model/transformer_state.h"

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

/// What a loss's gradient is multiplied by: weight / count, 0 where nothing is predicted.
std::array<float, 4> scale_of(double weight, const TargetCounts& targets) {
    std::array<float, 4> scale{};
    for (std::size_t m = 0; m < scale.size(); ++m) {
        if (targets[m] > 0) scale[m] = static_cast<float>(weight / static_cast<double>(targets[m]));
    }
    return scale;
}

/// How many teams of equally many threads are done first with so many parts.
std::int64_t parts_at_once(std::int64_t parts) {
    const std::int64_t threads = compute::threads();
    std::int64_t best = 1;
    // Rounds of a team over its threads: a / b < c / d, in whole numbers.
    for (std::int64_t teams = 2; teams <= std::min(parts, threads); ++teams) {
        const auto rounds = (parts + teams - 1) / teams;
        const auto best_rounds = (parts + best - 1) / best;
        if (rounds * (threads / best) <= best_rounds * (threads / teams)) best = teams;
    }
    return best;
}

}  // namespace

void Transformer::State::use_domain(std::size_t number) {
    if (number == domain) return;
    MAST_ASSERT(number < value_tensors_of.size());
    domain = number;
    config = config.in_domain(number);
}

void Transformer::State::set_precision(compute::Precision wanted) {
    precision = wanted;
    workspaces.clear();
    panels.clear();
    for (std::int64_t i = 0; keeps_panels(config) && i < config.layers; ++i)
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
        const auto frozen = table.of(gradients().span(), parameter);
        std::fill(frozen.begin(), frozen.end(), 0.0F);
    }
}

/// Packs what keeps_panels() lets stay for a whole run. Values may change between runs.
void Transformer::State::pack_ahead(bool backward) {
    for (std::size_t layer = 0; layer < panels.size(); ++layer) {
        panels[layer].pack_forward(value_tensors().blocks[layer]);
        if (backward) panels[layer].pack_backward(value_tensors().blocks[layer]);
    }
}

BlockWeights Transformer::State::forward_weights(std::size_t layer) const {
    if (!panels.empty()) return panels[layer].forward();
    return unpacked_forward(value_tensors().blocks[layer], precision);
}

BlockWeights Transformer::State::backward_weights(std::size_t layer) const {
    if (!panels.empty()) return panels[layer].backward();
    return unpacked_backward(value_tensors().blocks[layer], precision);
}

void Transformer::State::make_room(std::int64_t parts, std::int64_t at_once,
                                   const window::Windows& windows, std::int64_t rows) {
    while (static_cast<std::int64_t>(gradients_of.size()) < parts)
        gradients_of.emplace_back(table, config);
    workspaces.resize(std::max(workspaces.size(), static_cast<std::size_t>(at_once)));
    for (std::int64_t i = 0; i < at_once; ++i) {
        auto& work = workspaces[static_cast<std::size_t>(i)];
        if (work && work->samples >= windows.batch && work->steps == windows.steps &&
            work->most_rows >= rows)
            continue;
        work.reset();  // first, so that there are never both
        work = std::make_unique<Workspace>(config, precision, windows.batch, windows.steps, rows);
    }
}

LossSums Transformer::State::run_part(const mask::Batch& batch, const mask::MaskedView& view,
                                      Part part, const Purpose& purpose, const Replica& replica) {
    auto& work = replica.work;
    const auto* const backward = purpose.backward;
    // Those of the network are added to what is there.
    if (&replica.gradients != &gradients_of.front()) replica.gradients.clear();
    LossSums sums;
    for (auto first = part.first; first < part.end;) {
        const auto samples = work.rows.fill(batch, view, first, part.end, part.rows);
        const bool ends = backward != nullptr && first + samples == batch.windows.batch;
        if (work.rows.output(work.blocks.size() - 1).rows() > 0)
            sums += run_micro_batch(batch, view, first, purpose, replica,
                                    ends ? backward->block_done : BlockDone());
        first += samples;
    }
    if (backward != nullptr) replica.gradients.complete();
    return sums;
}

/// In the order of the parts, whoever computed them.
void Transformer::State::add_gradients(std::int64_t parts) {
    constexpr std::int64_t kGrain = 1 << 14;
    const auto sum = gradients().span();
    compute::parallel_for(gradients().size(), kGrain, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t part = 1; part < parts; ++part) {
            const float* const more =
                gradients_of[static_cast<std::size_t>(part)].all().span().data();
            for (std::int64_t i = first; i < last; ++i)
                sum[static_cast<std::size_t>(i)] += more[i];
        }
    });
}

LossSums Transformer::State::run(const mask::Batch& batch, std::size_t view,
                                 const Purpose& purpose) {
    const auto& windows = batch.windows;
    const auto& masked = batch.views[view];
    MAST_ASSERT(windows.steps <= config.context);
    MAST_ASSERT(masked.objective->steps == windows.steps);
    const bool contrast = masked.objective->aim == mask::Aim::contrast;
    const auto* const backward = purpose.backward;
    // Who waits for blocks one by one, to send them off, gets them from the last micro-batch.
    const bool is_whole = backward == nullptr || backward->block_done;
    const auto parts = is_whole ? 1 : batch_parts(config, windows.steps, windows.batch, contrast);
    const auto rows = micro_batch_rows(config, precision, windows.steps,
                                       (windows.batch + parts - 1) / parts, contrast);
    const auto at_once = parts_at_once(parts);
    // For a batch that is not parted, too: else the first one would need more in the midst of a
    // run.
    make_room(1, 1, windows,
              micro_batch_rows(config, precision, windows.steps, windows.batch, contrast));
    make_room(parts, at_once, windows, rows);
    pack_ahead(backward != nullptr && trains_blocks);
    std::array<LossSums, kMostParts> sums;
    // Whoever computes a part, its sums are the same.
    compute::parallel_teams(at_once, [&](std::int64_t team) {
        auto& work = *workspaces[static_cast<std::size_t>(team)];
        for (auto i = parts * team / at_once; i < parts * (team + 1) / at_once; ++i) {
            const auto part = static_cast<std::size_t>(i);
            sums[part] = run_part(
                batch, masked, {windows.batch * i / parts, windows.batch * (i + 1) / parts, rows},
                purpose, {work, gradients_of[part]});
        }
    });
    if (parts > 1) add_gradients(parts);
    for (std::int64_t part = 1; part < parts; ++part)
        sums[0] += sums[static_cast<std::size_t>(part)];
    return sums[0];
}

AttentionMaps Transformer::State::attention(const mask::Batch& batch, const mask::MaskedView& view,
                                            std::int64_t sample) {
    const auto n = view.objective->tokens();
    AttentionMaps maps{config.layers, config.heads, n, {}};
    maps.values.assign(static_cast<std::size_t>(config.layers * config.heads * n * n), -1.0F);
    make_room(1, 1, batch.windows, n);
    auto& work = *workspaces.front();
    pack_ahead(false);
    work.rows.fill(batch, view, sample, sample + 1, n);
    if (work.rows.output(work.blocks.size() - 1).rows() == 0) return maps;
    run_forward({batch, view, sample, work.rows.input(0)}, {}, work);
    for (std::size_t layer = 0; layer < work.blocks.size(); ++layer) {
        const auto keys = work.rows.input(layer).tokens_of(0);
        const auto queries = work.rows.output(layer).tokens_of(0);
        const auto kept = work.blocks[layer].attention_rows(
            config.heads * static_cast<std::int64_t>(queries.size()),
            static_cast<std::int64_t>(keys.size()));
        std::int64_t row = 0;
        for (std::int64_t head = 0; head < config.heads; ++head) {
            auto* const map = maps.values.data() +
                              (static_cast<std::int64_t>(layer) * config.heads + head) * n * n;
            for (const auto query : queries) {
                std::fill_n(map + query * n, n, 0.0F);
                for (std::size_t k = 0; k < keys.size(); ++k)
                    map[query * n + keys[k]] = kept.at(row, static_cast<std::int64_t>(k));
                ++row;
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
    state_->gradients_of.front().complete();
    return state_->gradients().span();
}
void Transformer::use_domain(std::size_t number) {
    state_->use_domain(number);
}
void Transformer::freeze(const std::vector<std::string>& names) {
    state_->freeze(names);
}
void Transformer::zero_gradients() {
    state_->gradients_of.front().clear();
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
