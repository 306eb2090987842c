// The masked-trajectory transformer: tokens in, losses and gradients out.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "compute/dropout.h"
#include "compute/precision.h"
#include "mask/batch.h"
#include "model/config.h"
#include "model/parameters.h"
#include "model/predictions.h"

namespace mast::model {

/// Elements that are predicted, by modality: the denominators of a loss.
using TargetCounts = std::array<std::int64_t, 4>;

/// What an objective cost on a batch, by modality of the targets.
struct LossSums {
    std::array<double, 4> sum{};  ///< squared errors, or nats of cross entropy
    TargetCounts count{};         ///< elements (rows * D), or rows where nats are counted

    /// Sum over the predicted modalities of the mean over their elements; 0 if nothing was
    /// predicted.
    double loss() const;
    LossSums& operator+=(const LossSums& other);
};

/// Told while a gradient is computed that those of this block, of all above it and of the heads are
/// final: nothing more is added to them in the pass.
using BlockDone = std::function<void(std::int64_t layer)>;

/// How many elements a view predicts: the denominators of its loss.
TargetCounts count_targets(const ModelConfig& config, const mask::Batch& batch, std::size_t view);

/// Attention probabilities of one sample: of each row they sum up to 1, or are all 0 where the row
/// may look at nothing; negative in rows that no prediction depends on, which are not computed.
struct AttentionMaps {
    std::int64_t layers = 0;
    std::int64_t heads = 0;
    std::int64_t tokens = 0;
    std::vector<float> values;  ///< (layers, H, n, n)

    const float* of(std::int64_t layer, std::int64_t head) const {
        return values.data() + (layer * heads + head) * tokens * tokens;
    }
};

/// Pre-LN transformer (Vaswani et al. 2017; Xiong et al. 2020):
///   x = embed(token or mask vector) + position[step] + modality
///   x += Attn(LN x);  x += MLP(LN x), GELU, width 4C;  a last LN;  one linear head per (role,
///   modality).
/// With gates, what a branch gives goes through one (model/gate.h) instead of being added.
///
/// Holds values, gradients and a workspace for micro-batches that stay in the cache. A step
/// allocates nothing once each thread has seen the largest batch. Results do not depend on the size
/// of micro-batches beyond the order of sums.
class Transformer {
  public:
    /// precision: of the operands of the blocks' products; values, gradients and all sums are in
    /// single precision.
    explicit Transformer(const ModelConfig& config,
                         compute::Precision precision = compute::Precision::f32);
    ~Transformer();
    Transformer(Transformer&&) noexcept;

    compute::Precision precision() const;
    void set_precision(compute::Precision precision);

    /// With the domain in use; the first to begin with.
    const ModelConfig& config() const;
    /// Whose embeddings and heads all that follows goes through; 0 <= number < domains, or 0.
    void use_domain(std::size_t number);
    const ParameterTable& table() const;
    /// The gradients of these tensors are 0 from now on. If all that is trained are heads and the
    /// last norm, no gradient goes back through the blocks.
    void freeze(const std::vector<std::string>& names);
    std::span<float> values();
    std::span<const float> values() const;
    /// To be asked for again after zero_gradients(): until then, or until a gradient went through a
    /// block, that of its weights may hold what was there before.
    std::span<float> gradients();
    void zero_gradients();

    /// Losses of one view of the batch, no gradient. T of the batch may be below the context.
    LossSums loss(const mask::Batch& batch, std::size_t view);
    /// What the heads say of the view's targets, standardised values or logits of classes, or
    /// embeddings where the objective aims at those; every head that it needs must be there.
    void predict(const mask::Batch& batch, std::size_t view, Predictions& out);
    /// The rows that the view's targets are read from, (N, C) after the last norm; by the modality
    /// of the target. No head is needed.
    void represent(const mask::Batch& batch, std::size_t view, Predictions& out);
    /// Where the tokens of one sample look under a view. No head is needed.
    AttentionMaps attention(const mask::Batch& batch, std::size_t view, std::int64_t sample);
    /// Adds the gradient of weight * loss() to gradients().
    LossSums accumulate_gradient(const mask::Batch& batch, std::size_t view, double weight);
    /// The same for one of several batches that make up a step: `targets` are the denominators,
    /// those of all of them together. What a contrast compares stays inside the batch.
    ///
    /// dropout: after the embedding, on attention probabilities and on the output of each residual
    /// branch (Radford et al. 2018, section 4.1); losses are those with it. The key gives rate,
    /// seed, step and the number that the batch's first sample has in the step; the view and the
    /// places are added here.
    ///
    /// block_done: called for each block from the last to the first, but not where nothing goes
    /// back through the blocks.
    LossSums accumulate_gradient(const mask::Batch& batch, std::size_t view, double weight,
                                 const TargetCounts& targets,
                                 const compute::DropoutKey& dropout = {},
                                 const BlockDone& block_done = {});

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Floating-point operations of one forward and backward pass over `batch` windows of n tokens:
/// 6 * block parameters * tokens + 12 * layers * n² * C * batch.
double training_flops(const ModelConfig& config, std::int64_t batch);

}  // namespace mast::model
