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

/// Packs one matrix after another into the same memory.
template <class Pack>
PackedBlock pack_all(const BlockTensors& values, Precision precision, float* memory,
                     const Pack& pack) {
    const compute::OpTimer timer(compute::Op::pack);
    const auto next = [&](Matrix<const float> weight) {
        const Panels panels = pack(weight, precision, memory);
        // cppcheck-suppress uselessAssignmentPtrArg  // the next call of this lambda reads it
        memory += Panels::floats(panels.depth, panels.cols, precision);
        return panels;
    };
    PackedBlock packed;
    const auto next_gate = [&](const GateTensors& gate) -> PackedGate {
        const auto branch_gates = next(gates_of(gate.branch));
        const auto branch_candidate = next(candidate_of(gate.branch));
        const auto residual_gates = next(gates_of(gate.residual));
        return {branch_gates, branch_candidate, residual_gates, next(candidate_of(gate.residual))};
    };
    packed.qkv = next(values.qkv.weight);
    packed.attention_out = next(values.attention_out.weight);
    packed.mlp_in = next(values.mlp_in.weight);
    packed.mlp_out = next(values.mlp_out.weight);
    if (values.attention_gate) packed.attention_gate = next_gate(*values.attention_gate);
    if (values.mlp_gate) packed.mlp_gate = next_gate(*values.mlp_gate);
    return packed;
}

}  // namespace

BlockPanels::BlockPanels(std::int64_t width, Gate gate, Precision precision)
    : precision_(precision),
      forward_memory_(forward_floats(width, gate, precision)),
      backward_memory_(backward_floats(width, gate, precision)) {}

void BlockPanels::pack_forward(const BlockTensors& values) {
    forward_ =
        pack_all(values, precision_, forward_memory_.span().data(), compute::pack_transposed);
}

void BlockPanels::pack_backward(const BlockTensors& values) {
    const auto pack = [](Matrix<const float> weight, Precision precision, float* memory) {
        return compute::pack(weight, precision, memory);
    };
    backward_ = pack_all(values, precision_, backward_memory_.span().data(), pack);
}

}  // namespace mast::model
