// The sizes of a network, as they stand in config.json.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mask/batch.h"

namespace mast::model {

/// A linear read-out of one modality for one role (see mask::Objective::role).
struct Head {
    std::string role;
    store::Modality modality;
    mask::Aim aim = mask::Aim::value;
    bool operator==(const Head&) const = default;
};

/// What joins a branch to its residual stream: a sum, or the gate of a GRU (see model/gate.h).
enum class Gate : std::uint8_t { none, gru };
std::string_view name_of(Gate gate);
std::optional<Gate> gate_from(std::string_view name);

/// Data of one kind, such as one robot's, in a network for several: embeddings and heads of its own
/// over the trunk that all share.
struct Domain {
    std::string name;           ///< letters, digits, - and _
    window::Channels channels;  ///< D of each modality in the layout
};

/// Whether it can be part of the names of tensors.
bool names_domain(const std::string& name);

struct ModelConfig {
    mask::Layout layout{"obs,act"};
    window::Channels channels;    ///< D of each modality in the layout, of the domain in use
    std::vector<Domain> domains;  ///< of a network for several; else empty
    std::string domain;           ///< name of the one in use; empty where there are none
    std::int64_t context = 0;     ///< T, the longest window
    std::int64_t layers = 0;
    std::int64_t heads = 0;
    std::int64_t width = 0;  ///< C, a multiple of heads
    /// Layers at the beginning that work on the tokens which show a value; those that are hidden
    /// join after them (masked autoencoder: He et al. 2021, section 3). 0: all are there from the
    /// first layer on.
    std::int64_t encoder_layers = 0;
    Gate gate = Gate::none;
    std::vector<Head> outputs;
    /// Hidden tokens become this constant (the article: -1) instead of a learned vector.
    std::optional<float> mask_constant;

    /// The same with another domain in use; 0 where there are none.
    ModelConfig in_domain(std::size_t number) const;
    /// Elements of a block's weight matrices.
    double block_weights() const;
    std::int64_t tokens() const { return layout.tokens(context); }
    /// Columns that a head predicts: D of its modality, or C of an embedding.
    std::int64_t columns(const Head& head) const;
    /// Columns of the widest value that is shown or predicted, in any domain.
    std::int64_t widest() const;
    /// Whether a head aims at embeddings, for which the moving average is kept.
    bool has_average() const;
};

/// Throws UsageError: a size is below 1, or heads do not divide width.
void check(const ModelConfig& config);

/// The heads that these objectives need, in a fixed order. Throws UsageError: a role of one
/// modality aims at different things.
std::vector<Head> outputs_for(const std::vector<mask::Objective>& objectives);

/// JSON object text, and back (throws DataError naming `where`).
std::string to_json(const ModelConfig& config);
ModelConfig model_config_from_json(const std::string& text, const std::string& where);

}  // namespace mast::model
