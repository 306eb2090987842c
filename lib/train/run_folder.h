// A run on disk: config.json, model.safetensors, metrics.jsonl.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "model/transformer.h"
#include "store/history.h"
#include "store/output_file.h"
#include "store/trajectories.h"
#include "window/scaler.h"

namespace mast::train {

/// What config.json tells.
struct RunConfig {
    model::ModelConfig model;
    window::Scaler scaler;                     ///< of the data that the run was trained on
    std::vector<std::string> objectives;       ///< specs
    std::vector<store::Component> components;  ///< of the observation; empty where not known
    std::int64_t steps = 0;                    ///< of training
    std::int64_t batch_size = 0;
    std::int64_t accumulate = 1;  ///< batches of a step
    double dropout = 0;
    double learning_rate = 0;
    std::string precision = "f32";  ///< of the blocks' products while it was trained
    std::uint64_t seed = 0;
    store::History history;
};

std::string to_json(const RunConfig& config);
/// Throws DataError naming `where`.
RunConfig run_config_from_json(const std::string& text, const std::string& where);

/// Throws IoError if the folder exists and may not be replaced, or is not a run, or its parent is
/// missing.
void check_run_target(const std::filesystem::path& folder, store::Overwrite overwrite);

/// Writes a run. Each file is complete under its name or not there; model.safetensors comes last,
/// so a folder without it is a run that did not end.
class RunWriter {
  public:
    /// Makes the folder and config.json; with Overwrite::allow the files of an earlier run go
    /// first.
    RunWriter(std::filesystem::path folder, store::Overwrite overwrite, const RunConfig& config);

    /// Appends one line to metrics.jsonl. Throws IoError.
    void metrics(const std::string& line);
    /// Writes model.safetensors.
    void finish(const model::Transformer& model);

    const std::filesystem::path& folder() const { return folder_; }

  private:
    std::filesystem::path folder_;
    std::ofstream metrics_;
};

/// A finished run, opened for use.
struct Run {
    RunConfig config;
    model::Transformer model;
};

/// Throws IoError or DataError: no run, not finished, or tensors that do not fit the configuration
/// (each is named).
Run open_run(const std::filesystem::path& folder);

}  // namespace mast::train
