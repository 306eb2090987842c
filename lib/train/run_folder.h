// A run on disk: config.json, metrics.jsonl, checkpoints/, tensorboard/,
// model.safetensors.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "model/transformer.h"
#include "store/output_file.h"
#include "train/run_config.h"

namespace mast::train {

/// Files of a run folder.
inline constexpr const char* kConfigFile = "config.json";
inline constexpr const char* kModelFile = "model.safetensors";
inline constexpr const char* kMetricsFile = "metrics.jsonl";
inline constexpr const char* kCheckpointFolder = "checkpoints";
/// Event files of TensorBoard: of what follows from data, options and seed, and of speed.
inline constexpr const char* kEventFile = "tensorboard/events.out.tfevents.0.mast";
inline constexpr const char* kSpeedFile = "tensorboard/speed/events.out.tfevents.0.mast";

/// Throws IoError if the folder exists and may not be replaced, or is not a run, or its parent is
/// missing.
void check_run_target(const std::filesystem::path& folder, store::Overwrite overwrite);

/// Throws IoError if the folder is not a run, DataError if its configuration is none.
RunConfig read_run_config(const std::filesystem::path& folder);

/// A file in checkpoints/, by its name.
struct NamedCheckpoint {
    std::int64_t step;
    std::filesystem::path path;
};

/// Newest first.
std::vector<NamedCheckpoint> checkpoints_of(const std::filesystem::path& folder);
/// Where the checkpoint of a step lies.
std::filesystem::path checkpoint_path(const std::filesystem::path& folder, std::int64_t step);

/// The step that model.safetensors was saved at; 0 if there is none, or it does not say.
std::int64_t model_step(const std::filesystem::path& folder);

/// Names the network of model.safetensors. Throws IoError or DataError: no file, or one that mast
/// did not write.
std::string network_hash(const std::filesystem::path& folder);

/// A run's network, opened for use.
struct Run {
    RunConfig config;
    model::Transformer model;
};

/// Reads model.safetensors and repeats its self-test. Throws IoError or DataError: no run, not
/// finished, tensors that do not fit the configuration (each is named), or a network that does not
/// compute what it did when it was saved. build: of this program (see Machine).
Run open_run(const std::filesystem::path& folder, const std::string& build);

/// What is wrong with a run that open_run() takes: a line for each checkpoint that is not whole.
std::vector<std::string> damaged_checkpoints(Run& run, const std::filesystem::path& folder,
                                             const std::string& build);

}  // namespace mast::train
