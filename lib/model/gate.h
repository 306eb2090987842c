// The gate between a residual stream and what a branch adds to it (GTrXL: Parisotto et al. 2020,
// section 3.2, "GRU-type gating").
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "compute/buffer.h"
#include "compute/panels.h"
#include "model/layers.h"

namespace mast::model {

/// The tensors of a gate, in the values or in the gradients. Rows of both matrices are those of the
/// reset gate, the update gate and the candidate, one after another.
struct GateTensors {
    Matrix<float> branch;    ///< (3C, C) W: of what the branch gives
    Matrix<float> residual;  ///< (3C, C) U: of the residual stream
    std::span<float> bias;   ///< (C) b: holds the update back

    GateTensors(const ParameterTable& table, std::span<float> buffer, const std::string& name);
};

/// The rows of one of its matrices that make both gates, (2C, C), and the candidate, (C, C).
Matrix<float> gates_of(Matrix<float> all);
Matrix<float> candidate_of(Matrix<float> all);

/// Both matrices of a gate as its products take them: reset and update together, candidate apart.
struct GateWeights {
    compute::RightOperand branch_gates, branch_candidate, residual_gates, residual_candidate;
};

/// What the backward pass of a gate needs of its forward pass, for up to `rows` rows.
struct GateActivations {
    GateActivations(std::int64_t rows, std::int64_t width);

    compute::Buffer branch;     ///< (R, C) y, after the rectifier
    compute::Buffer gates;      ///< (R, 2C) r and z
    compute::Buffer reset;      ///< (R, C) r x
    compute::Buffer candidate;  ///< (R, C) h
};

/// Gradients on their way back; one set serves all gates.
struct GateScratch {
    GateScratch(std::int64_t rows, std::int64_t width);

    compute::Buffer dgates;      ///< (R, 2C)
    compute::Buffer dcandidate;  ///< (R, C)
    compute::Buffer dreset;      ///< (R, C)
    compute::Buffer residual;    ///< (R, C) rows of the residual stream that were gathered
};

/// out (R, C) = (1 - z) x + z h, with y = max(branch, 0) and
///   r = σ(W_r y + U_r x),  z = σ(W_z y + U_z x - b),  h = tanh(W_h y + U_h (r x)).
///
/// x     (R, C)  the residual stream
/// What the branch gave lies in activations.branch (R, C). out may be x. weights: transposed.
void gate_forward(const GateTensors& values, const GateWeights& weights, Matrix<const float> x,
                  GateActivations& activations, Matrix<float> out);

/// dout (R, C), the gradient at out, becomes that at x; dbranch (R, C) is overwritten with that at
/// the branch's output; gradients of the tensors are added to. weights: as they are.
void gate_backward(const GateWeights& weights, const GateTensors& gradients, Matrix<const float> x,
                   GateActivations& activations, GateScratch& scratch, Matrix<float> dout,
                   Matrix<float> dbranch);

}  // namespace mast::model
