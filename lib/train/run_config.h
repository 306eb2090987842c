// What config.json of a run tells: its network, its data, and all that decides its training.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/config.h"
#include "store/history.h"
#include "store/trajectories.h"
#include "window/recorded.h"
#include "window/scaler.h"

namespace mast::train {

/// A store, or a file of batches.
struct DataInput {
    std::string path;     ///< as it was given
    std::string content;  ///< hash of its datasets

    bool operator==(const DataInput&) const = default;
};

/// Where the network of a fine-tuned run comes from.
struct Trunk {
    std::string run;                 ///< folder, as it was given
    std::string content;             ///< hash of its network
    bool from_scratch = false;       ///< only sizes and scaling were taken
    bool frozen = false;             ///< what was taken is not trained, heads aside
    std::vector<std::string> taken;  ///< names of its tensors that were
};

/// The data of one domain of a run that was trained on several.
struct RunDomain {
    std::string name;
    double share = 0;  ///< of the batches, beside those of the others; 0: by the number of windows
    window::Scaler scaler;
    std::vector<store::Component> components;
    window::Recorded acting;
};

struct RunConfig {
    model::ModelConfig model;
    /// In the order of the model's, else empty.
    std::vector<RunDomain> domains;
    // Scaler, components and acting are those of the model's domain in use.
    window::Scaler scaler;                     ///< of the data that the run was trained on
    std::vector<std::string> objectives;       ///< specs
    std::vector<store::Component> components;  ///< of the observation; empty where not known
    window::Recorded acting;
    std::vector<DataInput> inputs;  ///< in the order of training
    std::optional<Trunk> trunk;     ///< of a run that was fine-tuned
    std::int64_t episodes = 0;      ///< of the train split, drawn by seed; 0: all
    std::string preset;
    std::int64_t steps = 0;  ///< of training
    std::int64_t batch_size = 0;
    std::int64_t accumulate = 1;  ///< batches of a step
    double learning_rate = 0;
    std::int64_t warmup = 0;
    double weight_decay = 0;
    double dropout = 0;
    double clip = 0;
    std::vector<std::string> weights;  ///< points of --schedule
    std::string precision = "f32";     ///< of the blocks' products while it was trained
    std::string exchange = "f32";      ///< of gradients between processes
    std::uint64_t seed = 0;
    std::int64_t eval_every = 0;        ///< steps; 0: never
    bool keep_best = false;             ///< the network with the least held-out loss, not the last
    std::int64_t checkpoint_every = 0;  ///< steps; 0: only at the end
    std::int64_t picture_every = 0;     ///< steps; that of checkpoints when the run began
    std::int64_t keep = 1;              ///< checkpoints
    bool allow_leaks = false;
    store::History history;
};

/// Puts a domain to use: the model's, and what belongs to it.
void use_domain(RunConfig& config, std::size_t number);

/// Tensors that the run does not train.
std::vector<std::string> frozen_tensors(const RunConfig& config);

std::string to_json(const RunConfig& config);
/// Throws DataError naming `where`.
RunConfig run_config_from_json(const std::string& text, const std::string& where);

}  // namespace mast::train
