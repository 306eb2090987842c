#include "model/gate.h"

#include "compute/gru_gate.h"
#include "compute/linear.h"
#include "compute/relu.h"

namespace mast::model {

Matrix<float> gates_of(Matrix<float> all) {
    return {all.data, 2 * all.cols, all.cols};
}
Matrix<float> candidate_of(Matrix<float> all) {
    return {all.row(2 * all.cols), all.cols, all.cols};
}

GateTensors::GateTensors(const ParameterTable& table, std::span<float> buffer,
                         const std::string& name) {
    const auto matrix = [&](const char* which) -> Matrix<float> {
        const auto& parameter = table.find(name + which);
        return {table.of(buffer, parameter), parameter.shape[0], parameter.shape[1]};
    };
    branch = matrix(".branch.weight");
    residual = matrix(".residual.weight");
    bias = table.of(buffer, table.find(name + ".bias"));
}

GateActivations::GateActivations(std::int64_t rows, std::int64_t width)
    : branch(rows * width), gates(rows * 2 * width), reset(rows * width), candidate(rows * width) {}

GateScratch::GateScratch(std::int64_t rows, std::int64_t width)
    : dgates(rows * 2 * width),
      dcandidate(rows * width),
      dreset(rows * width),
      residual(rows * width) {}

void gate_forward(const GateTensors& values, const GateWeights& weights, Matrix<const float> x,
                  GateActivations& a, Matrix<float> out) {
    const auto y = a.branch.matrix(x.rows, x.cols);
    const auto gates = a.gates.matrix(x.rows, 2 * x.cols);
    const auto reset = a.reset.matrix(x.rows, x.cols);
    const auto candidate = a.candidate.matrix(x.rows, x.cols);
    compute::relu(y.span(), y.span());
    compute::linear(y, weights.branch_gates, {}, {}, gates);
    compute::linear(x, weights.residual_gates, {}, gates, gates);
    compute::gru_gates(x, values.bias, gates, reset);
    compute::linear(y, weights.branch_candidate, {}, {}, candidate);
    compute::linear(reset, weights.residual_candidate, {}, candidate, candidate);
    compute::gru_mix(x, gates, candidate, out);
}

void gate_backward(const GateWeights& weights, const GateTensors& gradients, Matrix<const float> x,
                   GateActivations& a, GateScratch& scratch, Matrix<float> dout,
                   Matrix<float> dbranch) {
    const auto y = a.branch.matrix(x.rows, x.cols);
    const auto gates = a.gates.matrix(x.rows, 2 * x.cols);
    const auto reset = a.reset.matrix(x.rows, x.cols);
    const auto candidate = a.candidate.matrix(x.rows, x.cols);
    const auto dgates = scratch.dgates.matrix(x.rows, 2 * x.cols);
    const auto dcandidate = scratch.dcandidate.matrix(x.rows, x.cols);
    const auto dreset = scratch.dreset.matrix(x.rows, x.cols);

    compute::gru_mix_backward(x, gates, candidate, dout, dgates, dcandidate);
    compute::linear_backward(reset, weights.residual_candidate, dcandidate, {}, dreset,
                             candidate_of(gradients.residual), {});
    compute::linear_backward(y, weights.branch_candidate, dcandidate, {}, dbranch,
                             candidate_of(gradients.branch), {});
    compute::gru_gates_backward(x, gates, dreset, dgates, dout, gradients.bias);
    // Both gradients have one part already, so the products are added to them.
    compute::linear_backward(x, weights.residual_gates, dgates, {}, {},
                             gates_of(gradients.residual), {});
    compute::linear(dgates, weights.residual_gates, {}, dout, dout);
    compute::linear_backward(y, weights.branch_gates, dgates, {}, {}, gates_of(gradients.branch),
                             {});
    compute::linear(dgates, weights.branch_gates, {}, dbranch, dbranch);
    compute::relu_backward(y.span(), dbranch.span(), dbranch.span());
}

}  // namespace mast::model
