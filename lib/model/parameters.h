// All tensors of a network by name, in one flat buffer.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/shape.h"
#include "model/config.h"

namespace mast::model {

struct Parameter {
    std::string name;     ///< "blocks.0.attn.qkv.weight", as in model.safetensors
    Shape shape;          ///< PyTorch's order, [out, in] for weights
    std::int64_t offset;  ///< into the flat buffer, a multiple of 16 elements
    bool decays;          ///< weight decay applies: matrices of linear layers only
    bool trained = true;  ///< false: frozen, stays as it is
};

/// Names of tensors of the domain in use, without ".weight": "embed.obs", "embed.NAME.obs".
std::string embed_name(const ModelConfig& config, store::Modality modality);
/// "heads.policy.act", "heads.NAME.policy.act".
std::string head_name(const ModelConfig& config, const Head& head);

/// Names, shapes and places; the values live in buffers of size() floats (values, gradients,
/// moments). The gaps between tensors hold zeros and stay zero.
class ParameterTable {
  public:
    explicit ParameterTable(const ModelConfig& config);

    const std::vector<Parameter>& parameters() const { return parameters_; }
    std::int64_t size() const { return size_; }
    /// Number of trained values: without the gaps, and without averages.
    std::int64_t count() const;
    /// Tensors that are not trained from now on; names that are none of the table's are passed
    /// over.
    void freeze(const std::vector<std::string>& names);
    /// Throws std::logic_error if there is none of that name.
    const Parameter& find(std::string_view name) const;
    std::span<float> of(std::span<float> buffer, const Parameter& parameter) const;
    std::span<const float> of(std::span<const float> buffer, const Parameter& parameter) const;

  private:
    std::vector<Parameter> parameters_;
    std::int64_t size_ = 0;
};

/// Weights of linear maps with K inputs N(0, 1 / (3 K)) (LeCun et al. 1998, with the gain that
/// PyTorch starts from), those that end a residual branch divided by sqrt(2 * layers) (Radford et
/// al. 2019); vectors of places and kinds N(0, 0.02²); biases 0, those of gates 2, gains 1;
/// averages start from what they follow. Drawn by (seed, parameter name, element): the same for any
/// order.
void initialise(const ParameterTable& table, const ModelConfig& config, std::uint64_t seed,
                std::span<float> values);

}  // namespace mast::model
