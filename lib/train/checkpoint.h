// A training on disk, from which it goes on to the bit: checkpoints/step-000001000.safetensors.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "model/transformer.h"
#include "store/safetensors.h"
#include "train/machine.h"
#include "train/trainer.h"

namespace mast::train {

/// Writes parameters and averages under their own names, both moments with the prefixes
/// "adamw.first." and "adamw.second.", and where the trainer keeps its best network, that with the
/// prefix "best."; progress, machine and self-test as metadata. The place in
/// the data and all random numbers follow from the number of steps. Throws DivergedError, and
/// writes nothing, if a tensor is not finite.
void write_checkpoint(const std::filesystem::path& path, model::Transformer& model,
                      const Trainer& trainer, const std::vector<std::string>& specs,
                      const std::string& build);

/// Bytes of one, but for some of the header. keep_best: with the best network.
double checkpoint_bytes(const model::ParameterTable& table, bool keep_best);

/// A file that was read and checked whole.
class Checkpoint {
  public:
    /// Throws IoError or DataError naming the file: damaged, not a checkpoint, or not of this
    /// network.
    Checkpoint(const std::filesystem::path& path, const model::ParameterTable& table);

    const Progress& progress() const { return progress_; }
    /// That it was computed on.
    const Machine& machine() const { return machine_; }

    /// Takes the parameters into the model and repeats the self-test. Throws DataError.
    void read_model(model::Transformer& model, const std::string& build) const;
    /// Takes moments, progress and the best network into the trainer of that model. Throws
    /// DataError if it has another number of objectives.
    void read_training(Trainer& trainer) const;

  private:
    void read_metadata();
    std::optional<Best> best() const;

    std::string name_;  ///< of the file
    const model::ParameterTable& table_;
    store::Safetensors file_;
    Progress progress_;
    std::int64_t updates_ = 0;
    Machine machine_;
    std::int64_t best_step_ = 0;  ///< 0: no best network was kept
    double best_loss_ = 0;
};

}  // namespace mast::train
