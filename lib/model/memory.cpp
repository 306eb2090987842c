#include "model/memory.h"

#include <algorithm>

#include "compute/attention_plan.h"
#include "compute/parallel.h"

namespace mast::model {

namespace {

/// Columns of width C in the embeddings and heads of the domain in use.
double domain_columns(const ModelConfig& config) {
    double columns = 0;
    for (const auto modality : config.layout.modalities()) {
        constexpr double kVectors = 3;  // bias, kind and mask vector of an embedding
        columns += kVectors + static_cast<double>(config.channels[store::index_of(modality)].dim);
    }
    for (const auto& head : config.outputs)
        columns += static_cast<double>(config.columns(head));
    return columns;
}

/// How often the weights of the blocks go into the last-level cache.
double copies_in_cache(const ModelConfig& config) {
    constexpr double kCacheBytes = 32 << 20;
    return kCacheBytes /
           (static_cast<double>(config.layers) * config.block_weights() * sizeof(float));
}

bool weights_stay_in_cache(const ModelConfig& config) {
    return copies_in_cache(config) >= 1;
}

/// Of the blocks and of what surrounds them, as in ParameterTable.
double parameters(const ModelConfig& config) {
    const auto c = static_cast<double>(config.width);
    const double vectors = config.gate == Gate::gru ? 15 : 13;
    const double block = config.block_weights() + vectors * c;
    auto columns = static_cast<double>(config.context);  // positions
    for (std::size_t d = 0; d < std::max<std::size_t>(1, config.domains.size()); ++d)
        columns += domain_columns(config.in_domain(d));
    return static_cast<double>(config.layers) * block + columns * c;
}

/// Widths of floats that a block keeps for each row (block.h), beside its attention probabilities.
double kept_widths(const ModelConfig& config, compute::Precision precision) {
    constexpr double kStream = 1 + 1;  // input, middle
    constexpr double kGates = 2 * 5;
    const auto attention = compute::attention_precision(config.width / config.heads, precision);
    const double qkv = attention == compute::Precision::f32 ? 3 : 1.5;
    const double word = precision == compute::Precision::f32 ? 1 : 0.5;  // of an element
    const double operands = qkv + word * (1 + (keeps_operands(config, precision) ? 2 + 8 : 4));
    return kStream + operands + (config.gate == Gate::gru ? kGates : 0);
}
/// Widths for each row that all blocks, embedding and heads share.
double shared_widths(const ModelConfig& config, compute::Precision precision) {
    constexpr double kGates = 5;
    constexpr double kAll = 2 + 1 + 3 + 1;
    constexpr double kMadeAnew = 1 + 4;
    const double wide_gradients = precision == compute::Precision::f32 ? 4 : 2;
    const double operands = wide_gradients + (keeps_operands(config, precision) ? 0 : kMadeAnew);
    return kAll + operands + (config.gate == Gate::gru ? kGates : 0);
}

}  // namespace

double value_bytes(const ModelConfig& config) {
    return parameters(config) * sizeof(float);
}

bool keeps_panels(const ModelConfig& config) {
    return weights_stay_in_cache(config);
}

bool keeps_operands(const ModelConfig& config, compute::Precision precision) {
    return precision == compute::Precision::bf16 || weights_stay_in_cache(config);
}

std::int64_t micro_batch_rows(const ModelConfig& config, compute::Precision precision,
                              std::int64_t steps, std::int64_t batch, bool contrast) {
    const auto tokens = config.layout.tokens(steps);
    if (contrast) return batch * tokens;
    const std::int64_t few = precision == compute::Precision::f32 ? 512 : 1024;
    const std::int64_t rows = weights_stay_in_cache(config) ? few : 2048;
    return std::min(batch * tokens, std::max(tokens, rows));
}

std::int64_t batch_parts(const ModelConfig& config, std::int64_t steps, std::int64_t batch,
                         bool contrast) {
    constexpr std::int64_t kLeastRows = 256;
    if (contrast || !weights_stay_in_cache(config)) return 1;
    const auto rows = batch * config.layout.tokens(steps);
    auto parts = copies_in_cache(config) >= kMostParts ? kMostParts : 2;
    while (parts > 1 && (rows < parts * kLeastRows || batch < parts))
        parts /= 2;
    return parts;
}

double training_bytes(const ModelConfig& config, compute::Precision precision, std::int64_t batch) {
    const auto contrasts =
        std::count_if(config.outputs.begin(), config.outputs.end(),
                      [](const Head& head) { return head.aim == mask::Aim::contrast; });
    const auto heads_in_all = static_cast<std::ptrdiff_t>(config.outputs.size());
    const auto parts =
        batch_parts(config, config.context, batch, contrasts > 0 && contrasts == heads_in_all);
    // One workspace is for batches that are not parted, too.
    const auto others = std::min<std::int64_t>(parts, compute::threads()) - 1;
    const auto rows = static_cast<double>(
        micro_batch_rows(config, precision, config.context, batch, contrasts > 0) +
        others * micro_batch_rows(config, precision, config.context, (batch + parts - 1) / parts,
                                  false));
    const auto c = static_cast<double>(config.width);
    const auto attention = compute::attention_precision(config.width / config.heads, precision);
    const auto probabilities = static_cast<double>(
        config.heads * compute::AttentionPlan::kept_words(config.tokens(), attention));
    const double kept = rows * (kept_widths(config, precision) * c + 4 + probabilities);
    // A value that is shown; a prediction, what it is to be, that embedded, and the gradient.
    constexpr double kValues = 1 + 4;
    constexpr double kPackedCodes = 2;  // that a contrast compares
    const double shared = rows * (shared_widths(config, precision) * c +
                                  kValues * static_cast<double>(config.widest()) +
                                  (contrasts > 0 ? kPackedCodes * c : 0));
    const double copies = 3 + static_cast<double>(parts);  // values, two moments, gradients
    constexpr double kPasses = 2;                          // packed for each
    const double word = precision == compute::Precision::f32 ? 1 : 0.5;  // of an element
    const double widest = 4 * c * c;  // a matrix that is packed for its product
    const double panels =
        word * (keeps_panels(config)
                    ? kPasses * static_cast<double>(config.layers) * config.block_weights()
                    : widest);
    return sizeof(float) * (copies * parameters(config) + panels +
                            static_cast<double>(config.layers) * kept + shared);
}

}  // namespace mast::model
