// Where the tensors of a layer lie, in the values or in the gradients.
#pragma once

#include <span>
#include <string>

#include "base/matrix.h"
#include "model/parameters.h"

namespace mast::model {

/// Weight [out, in] and bias [out] of a linear layer.
struct Linear {
    Matrix<float> weight;
    std::span<float> bias;

    Linear() = default;
    Linear(const ParameterTable& table, std::span<float> buffer, const std::string& name) {
        const auto& parameter = table.find(name + ".weight");
        weight = {table.of(buffer, parameter), parameter.shape[0], parameter.shape[1]};
        bias = table.of(buffer, table.find(name + ".bias"));
    }
};

/// Gain and bias [C] of a layer norm.
struct Norm {
    std::span<float> gain;
    std::span<float> bias;

    Norm() = default;
    Norm(const ParameterTable& table, std::span<float> buffer, const std::string& name)
        : gain(table.of(buffer, table.find(name + ".weight"))),
          bias(table.of(buffer, table.find(name + ".bias"))) {}
};

/// What a layer norm keeps for its backward pass.
struct NormState {
    std::span<float> mean;
    std::span<float> rstd;
};

}  // namespace mast::model
