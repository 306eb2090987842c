#include "model/block.h"

#include <algorithm>

#include "base/assert.h"
#include "compute/gelu.h"
#include "compute/layer_norm.h"
#include "compute/linear.h"
#include "compute/rows.h"
#include "model/block_panels.h"
#include "model/memory.h"

namespace mast::model {

namespace {

/// Mean and rstd of one of both norms, each for `rows` rows.
NormState norm_state(BlockActivations& activations, std::int64_t which, std::int64_t rows) {
    const auto half = activations.norms.span().size() / 2;
    const auto all = activations.norms.span().subspan(static_cast<std::size_t>(which) * half, half);
    const auto count = static_cast<std::size_t>(rows);
    return {all.first(count), all.subspan(half / 2, count)};
}

/// Those of a micro-batch, which may be smaller than the one that the room is for.
std::span<float> probabilities_of(BlockActivations& activations,
                                  const compute::AttentionPlan& plan) {
    MAST_ASSERT(plan.probabilities() <= activations.probabilities.size());
    return activations.probabilities.span().first(static_cast<std::size_t>(plan.probabilities()));
}

compute::DropoutKey at_site(compute::DropoutKey key, std::uint32_t site) {
    key.site += site;
    return key;
}

/// The last layer of a branch.
struct BranchEnd {
    compute::Operand<const float> in;
    const compute::RightOperand& weight;
    std::span<const float> bias;
};

/// out (Q, C) = residual + branch, of which some is dropped; out is not the residual's memory.
void add_branch(const compute::DropoutKey& key, const compute::TokenRows& rows,
                const BranchEnd& branch, Matrix<float> residual, Matrix<float> out) {
    if (compute::drops(key)) {
        compute::linear(branch.in, branch.weight, branch.bias, {}, out);
        compute::dropout_add(key, rows, out, residual, out);
    } else {
        compute::linear(branch.in, branch.weight, branch.bias, residual, out);
    }
}

/// Where an operand that is made anew from what a block keeps lies: with the block, if it has room,
/// or in what all share.
compute::Operand<float> operand_in(compute::Buffer& kept, compute::Buffer& shared,
                                   std::int64_t rows, std::int64_t cols,
                                   compute::Precision precision) {
    return (kept.size() > 0 ? kept : shared).operand(rows, cols, precision);
}

/// A gate on its way forward, or none: then a branch is added.
struct ForwardGate {
    const std::optional<GateTensors>& values;
    const GateWeights& weights;
    std::optional<GateActivations>& activations;
};

/// out (Q, C): residual and branch, of which some is dropped; out is not the residual's memory.
void join_branch(const compute::DropoutKey& key, const compute::TokenRows& rows,
                 const BranchEnd& branch, const ForwardGate& gate, Matrix<float> residual,
                 Matrix<float> out) {
    if (!gate.values) {
        add_branch(key, rows, branch, residual, out);
        return;
    }
    const auto given = gate.activations->branch.matrix(out.rows, out.cols);
    compute::linear(branch.in, branch.weight, branch.bias, {}, given);
    compute::dropout(key, rows, given, given);
    gate_forward(*gate.values, gate.weights, residual, *gate.activations, out);
}

/// A gate on its way back, or none.
struct BackwardGate {
    const GateWeights& weights;
    const std::optional<GateTensors>& gradients;
    std::optional<GateActivations>& activations;
    std::optional<GateScratch>& scratch;
};

/// The gradient at the output of a branch: dx itself, or dx dropped, in `room`. Of a gate's, dx
/// keeps the part of the residual stream, whose rows are x.
Matrix<float> branch_gradient(const compute::DropoutKey& key, const compute::TokenRows& rows,
                              const BackwardGate& gate, Matrix<const float> x, Matrix<float> dx,
                              Matrix<float> room) {
    if (gate.gradients) {
        gate_backward(gate.weights, *gate.gradients, x, *gate.activations, *gate.scratch, dx, room);
        compute::dropout(key, rows, room, room);
        return room;
    }
    if (!compute::drops(key)) return dx;
    compute::dropout(key, rows, dx, room);
    return room;
}

/// The rows of a block's input that it computes.
Matrix<const float> computed_rows(const BlockRows& block, Matrix<const float> input,
                                  std::optional<GateScratch>& scratch) {
    const auto rows = block.plan.queries();
    if (rows == input.rows || !scratch) return input;
    const auto picked = scratch->residual.matrix(rows, input.cols);
    compute::gather_rows(input, block.query, picked);
    return picked;
}

/// A block on its way back, as block_backward() is given it.
struct BackwardPass {
    const BlockTensors& values;
    const BlockWeights& weights;
    const BlockTensors& gradients;
    compute::WeightGradient into;
    const BlockRows& block;
    BlockActivations& a;
    BlockScratch& scratch;
    const compute::DropoutKey& dropout;
    compute::Precision precision;  ///< of the operands of products

    bool keeps_operands() const { return a.activated.size() > 0; }
    void of_mlp(Matrix<float> dout) const;
    void of_attention(Matrix<float> dx) const;
};

/// dout (Q, C), the gradient at the block's output, becomes that between both branches.
void BackwardPass::of_mlp(Matrix<float> dout) const {
    const auto rows = dout.rows;
    const auto c = dout.cols;
    const auto norm2 = norm_state(a, 1, rows);
    const auto middle = a.middle.matrix(rows, c);
    const auto narrow = scratch.narrow.matrix(rows, c);
    const auto dmlp = branch_gradient(
        at_site(dropout, 2), block.computed,
        {weights.mlp_gate, gradients.mlp_gate, a.mlp_gate, scratch.gate}, middle, dout, narrow);
    const auto slope = operand_in(a.slope, a.hidden, rows, 4 * c, precision);
    const auto activated = operand_in(a.activated, scratch.activated, rows, 4 * c, precision);
    if (!keeps_operands()) compute::gelu(a.hidden.matrix(rows, 4 * c), activated, slope);
    const auto wide = scratch.wide.operand(rows, 4 * c, precision);
    compute::linear_backward(activated, weights.mlp_out, dmlp, slope, wide,
                             gradients.mlp_out.weight, gradients.mlp_out.bias, into);
    const auto normed2 = operand_in(a.normed2, scratch.normed, rows, c, precision);
    if (!keeps_operands()) {
        compute::layer_norm(middle, values.ln2.gain, values.ln2.bias, normed2, norm2.mean,
                            norm2.rstd);
    }
    compute::linear_backward(normed2, weights.mlp_in, wide, {}, narrow, gradients.mlp_in.weight,
                             gradients.mlp_in.bias, into);
    compute::layer_norm_backward(middle, values.ln2.gain, norm2.mean, norm2.rstd, narrow, dout,
                                 gradients.ln2.gain, gradients.ln2.bias);
}

/// dx (R, C), which begins with the gradient at Q rows after this branch, becomes that at its
/// input.
void BackwardPass::of_attention(Matrix<float> dx) const {
    const auto given = dx.rows;
    const auto rows = block.plan.queries();
    const auto c = dx.cols;
    const auto norm1 = norm_state(a, 0, given);
    const auto input = a.input.matrix(given, c);
    const Matrix<float> dout(dx.data, rows, c);
    const auto dattention = branch_gradient(
        at_site(dropout, 1), block.computed,
        {weights.attention_gate, gradients.attention_gate, a.attention_gate, scratch.gate},
        computed_rows(block, input, scratch.gate), dout, scratch.wide.matrix(rows, c));
    const auto dattended = scratch.narrow.operand(rows, c, a.attention_precision);
    compute::linear_backward(a.attended.operand(rows, c, precision), weights.attention_out,
                             dattention, {}, dattended, gradients.attention_out.weight,
                             gradients.attention_out.bias, into);
    const auto dqkv = scratch.wide.operand(given, 3 * c, precision);
    compute::attention_backward(block.plan, a.qkv.operand(given, 3 * c, a.attention_precision),
                                probabilities_of(a, block.plan), dattended, dqkv, dropout);
    if (rows < given) {
        // The residual path of the rows that were not computed ends here.
        const auto narrow = scratch.narrow.matrix(rows, c);
        std::copy_n(dout.data, dout.size(), narrow.data);
        std::fill_n(dx.data, dx.size(), 0.0F);
        compute::place_rows(narrow, block.query, dx);
    }
    const auto normed1 = operand_in(a.normed1, scratch.normed, given, c, precision);
    if (!keeps_operands()) {
        compute::layer_norm(input, values.ln1.gain, values.ln1.bias, normed1, norm1.mean,
                            norm1.rstd);
    }
    const auto dnormed1 = scratch.narrow.matrix(given, c);
    compute::linear_backward(normed1, weights.qkv, dqkv, {}, dnormed1, gradients.qkv.weight,
                             gradients.qkv.bias, into);
    compute::layer_norm_backward(input, values.ln1.gain, norm1.mean, norm1.rstd, dnormed1, dx,
                                 gradients.ln1.gain, gradients.ln1.bias);
}

}  // namespace

BlockTensors::BlockTensors(const ParameterTable& table, std::span<float> buffer,
                           const std::string& prefix, Gate gate)
    : ln1(table, buffer, prefix + "ln1"),
      ln2(table, buffer, prefix + "ln2"),
      qkv(table, buffer, prefix + "attn.qkv"),
      attention_out(table, buffer, prefix + "attn.proj"),
      mlp_in(table, buffer, prefix + "mlp.fc"),
      mlp_out(table, buffer, prefix + "mlp.proj") {
    if (gate == Gate::none) return;
    attention_gate.emplace(table, buffer, prefix + "gate1");
    mlp_gate.emplace(table, buffer, prefix + "gate2");
}

BlockActivations::BlockActivations(std::int64_t rows, std::int64_t tokens,
                                   const ModelConfig& config, compute::Precision precision)
    : input(rows * config.width),
      attention_precision(compute::attention_precision(config.width / config.heads, precision)),
      qkv(rows * compute::words_of(3 * config.width, attention_precision)),
      probabilities(rows * config.heads *
                    compute::AttentionPlan::kept_words(tokens, attention_precision)),
      attended(rows * compute::words_of(config.width, precision)),
      middle(rows * config.width),
      norms(4 * rows) {
    if (!keeps_operands(config, precision)) {
        hidden = compute::Buffer(rows * 4 * config.width);
    } else {
        for (auto* const narrow : {&normed1, &normed2})
            *narrow = compute::Buffer(rows * compute::words_of(config.width, precision));
        for (auto* const wide : {&activated, &slope})
            *wide = compute::Buffer(rows * compute::words_of(4 * config.width, precision));
    }
    if (config.gate == Gate::none) return;
    attention_gate.emplace(rows, config.width);
    mlp_gate.emplace(rows, config.width);
}

compute::Operand<const float> BlockActivations::attention_rows(std::int64_t rows,
                                                               std::int64_t keys) const {
    return {probabilities.span(), rows,
            compute::AttentionPlan::kept_keys(keys, attention_precision), attention_precision};
}

BlockScratch::BlockScratch(std::int64_t rows, const ModelConfig& config,
                           compute::Precision precision)
    : narrow(rows * config.width), wide(rows * compute::words_of(4 * config.width, precision)) {
    if (!keeps_operands(config, precision)) {
        normed = compute::Buffer(rows * config.width);
        activated = compute::Buffer(rows * 4 * config.width);
    }
    if (config.gate != Gate::none) gate.emplace(rows, config.width);
}

void block_forward(const BlockTensors& values, const BlockWeights& weights, const BlockRows& block,
                   BlockActivations& a, BlockScratch& scratch, Matrix<float> out,
                   const compute::DropoutKey& dropout) {
    const auto given = block.plan.keys();
    const auto rows = block.plan.queries();
    const auto c = out.cols;
    const auto precision = compute::precision_of(weights.qkv);
    const auto norm1 = norm_state(a, 0, given);
    const auto norm2 = norm_state(a, 1, rows);
    const auto input = a.input.matrix(given, c);
    const auto middle = a.middle.matrix(rows, c);

    const auto normed1 = operand_in(a.normed1, scratch.normed, given, c, precision);
    compute::layer_norm(input, values.ln1.gain, values.ln1.bias, normed1, norm1.mean, norm1.rstd);
    const auto qkv = a.qkv.operand(given, 3 * c, a.attention_precision);
    compute::linear(normed1, weights.qkv, values.qkv.bias, {}, qkv);
    const auto attended = a.attended.operand(rows, c, precision);
    compute::attention(block.plan, qkv, probabilities_of(a, block.plan), attended, dropout);
    const auto residual = rows < given ? scratch.narrow.matrix(rows, c) : input;
    if (rows < given) compute::gather_rows(input, block.query, residual);
    join_branch(at_site(dropout, 1), block.computed,
                {attended, weights.attention_out, values.attention_out.bias},
                {values.attention_gate, weights.attention_gate, a.attention_gate}, residual,
                middle);

    const auto normed2 = operand_in(a.normed2, scratch.normed, rows, c, precision);
    compute::layer_norm(middle, values.ln2.gain, values.ln2.bias, normed2, norm2.mean, norm2.rstd);
    const auto activated = operand_in(a.activated, scratch.activated, rows, 4 * c, precision);
    if (a.slope.size() > 0) {
        compute::linear_gelu(normed2, weights.mlp_in, values.mlp_in.bias, activated,
                             a.slope.operand(rows, 4 * c, precision));
    } else {
        const auto hidden = a.hidden.matrix(rows, 4 * c);
        compute::linear(normed2, weights.mlp_in, values.mlp_in.bias, {}, hidden);
        compute::gelu(hidden, activated);
    }
    join_branch(at_site(dropout, 2), block.computed,
                {activated, weights.mlp_out, values.mlp_out.bias},
                {values.mlp_gate, weights.mlp_gate, a.mlp_gate}, middle, out);
}

void block_backward(const BlockTensors& values, const BlockWeights& weights,
                    const BlockTensors& gradients, compute::WeightGradient into,
                    const BlockRows& block, Matrix<float> dx, BlockActivations& a,
                    BlockScratch& scratch, const compute::DropoutKey& dropout) {
    MAST_ASSERT(dx.rows == block.plan.keys());
    const BackwardPass pass{values,  weights, gradients,
                            into,    block,   a,
                            scratch, dropout, compute::precision_of(weights.qkv)};
    pass.of_mlp({dx.data, block.plan.queries(), dx.cols});
    pass.of_attention(dx);
}

}  // namespace mast::model
