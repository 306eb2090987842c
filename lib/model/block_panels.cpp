#include "model/block_panels.h"

#include "compute/profile.h"

namespace mast::model {

namespace {

using compute::Panels;
using compute::Precision;

std::int64_t forward_floats(std::int64_t c, Gate gate, Precision p) {
    const auto sums = Panels::floats(c, 3 * c, p) + Panels::floats(c, c, p) +
                      Panels::floats(c, 4 * c, p) + Panels::floats(4 * c, c, p);
    const auto parts = Panels::floats(c, 2 * c, p) + Panels::floats(c, c, p);
    return gate == Gate::gru ? sums + 4 * parts : sums;
}

std::int64_t backward_floats(std::int64_t c, Gate gate, Precision p) {
    const auto sums = Panels::floats(3 * c, c, p) + Panels::floats(c, c, p) +
                      Panels::floats(4 * c, c, p) + Panels::floats(c, 4 * c, p);
    const auto parts = Panels::floats(2 * c, c, p) + Panels::floats(c, c, p);
    return gate == Gate::gru ? sums + 4 * parts : sums;
}

/// What pack(weight) makes of each matrix, one after another.
template <class Pack>
BlockWeights each_weight(const BlockTensors& values, const Pack& pack) {
    BlockWeights weights;
    const auto pack_gate = [&](const GateTensors& gate) -> GateWeights {
        const auto branch_gates = pack(gates_of(gate.branch));
        const auto branch_candidate = pack(candidate_of(gate.branch));
        const auto residual_gates = pack(gates_of(gate.residual));
        return {branch_gates, branch_candidate, residual_gates, pack(candidate_of(gate.residual))};
    };
    weights.qkv = pack(values.qkv.weight);
    weights.attention_out = pack(values.attention_out.weight);
    weights.mlp_in = pack(values.mlp_in.weight);
    weights.mlp_out = pack(values.mlp_out.weight);
    if (values.attention_gate) weights.attention_gate = pack_gate(*values.attention_gate);
    if (values.mlp_gate) weights.mlp_gate = pack_gate(*values.mlp_gate);
    return weights;
}

/// Packs one matrix after another into the same memory.
template <class Pack>
BlockWeights pack_all(const BlockTensors& values, Precision precision, float* memory,
                      const Pack& pack) {
    const compute::OpTimer timer(compute::Op::pack);
    return each_weight(values, [&](Matrix<const float> weight) {
        const Panels panels = pack(weight, precision, memory);
        // cppcheck-suppress uselessAssignmentPtrArg  // the next call of this lambda reads it
        memory += Panels::floats(panels.depth, panels.cols, precision);
        return panels;
    });
}

}  // namespace

BlockWeights unpacked_forward(const BlockTensors& values, Precision precision) {
    return each_weight(values, [&](Matrix<const float> weight) {
        return compute::Unpacked{weight, true, precision};
    });
}

BlockWeights unpacked_backward(const BlockTensors& values, Precision precision) {
    return each_weight(values, [&](Matrix<const float> weight) {
        return compute::Unpacked{weight, false, precision};
    });
}

void BlockPanels::pack_forward(const BlockTensors& values) {
    if (forward_memory_.size() == 0)
        forward_memory_ = compute::Buffer(forward_floats(width_, gate_, precision_));
    forward_ =
        pack_all(values, precision_, forward_memory_.span().data(), compute::pack_transposed);
}

void BlockPanels::pack_backward(const BlockTensors& values) {
    if (backward_memory_.size() == 0)
        backward_memory_ = compute::Buffer(backward_floats(width_, gate_, precision_));
    const auto pack = [](Matrix<const float> weight, Precision precision, float* memory) {
        return compute::pack(weight, precision, memory);
    };
    backward_ = pack_all(values, precision_, backward_memory_.span().data(), pack);
}

}  // namespace mast::model
