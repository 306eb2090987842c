// The one process that trains a run: configuration, metrics, checkpoints, and the network at the
// end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/output_file.h"
#include "train/event_log.h"
#include "train/metrics_log.h"
#include "train/run_config.h"
#include "train/run_lock.h"
#include "train/trainer.h"

namespace mast::train {

/// Each file is complete under its name or not there, metrics.jsonl and TensorBoard's aside, which
/// grow line by line.
/// model.safetensors comes last, so a folder without it is a run that did not end.
class RunWriter {
  public:
    /// A new folder, which appears together with its config.json; with Overwrite::allow an existing
    /// run's files go first. build: of this program (see Machine). Throws IoError as
    /// check_run_target() does, and if another process writes the run or the disk has no room for
    /// it; nothing is removed then.
    static RunWriter create(const std::filesystem::path& folder, store::Overwrite overwrite,
                            const RunConfig& config, const std::string& build);
    /// A run to go on with; what a killed process left half-written is removed. Throws IoError or
    /// DataError.
    static RunWriter reopen(const std::filesystem::path& folder, const std::string& build);

    const std::filesystem::path& folder() const { return folder_; }
    const RunConfig& config() const { return config_; }
    const std::string& build() const { return build_; }
    /// The newest checkpoint that was written, or gone on from; empty if there is none.
    const std::filesystem::path& last_checkpoint() const { return last_checkpoint_; }

    /// Writes a configuration with other steps or more history, and drops metrics and events of
    /// steps after this one. Throws IoError.
    void go_on_after(std::int64_t step, const RunConfig& config);
    /// Appends one line to metrics.jsonl. Throws IoError.
    void metrics(const std::string& line) { metrics_->append(line); }
    /// Numbers and pictures of a step, for TensorBoard. What they hold follows from data, options
    /// and seed, and so does their time: it is the step, in seconds.
    void scalars(std::int64_t step, const std::vector<Scalar>& values);
    void picture(std::int64_t step, const std::string& tag, const Picture& picture);
    /// How fast the training is, by the caller's clock (seconds since 1970), in a file of its own.
    void speed(std::int64_t step, double wall_time, double tokens_per_second);
    /// Writes a checkpoint, reads it back, and then removes those before the last `keep`.
    void save(model::Transformer& model, const Trainer& trainer);
    /// Writes model.safetensors, of the best network where one was kept: the model has its values
    /// from then on. step: that the training has reached.
    void finish(model::Transformer& model, std::int64_t step, const std::optional<Best>& best);

  private:
    RunWriter(std::filesystem::path folder, RunLock lock, RunConfig config, std::string build);
    void open_logs(std::int64_t step);
    void sync_logs();
    void remove_logs() const;
    void check_room() const;
    void remove_leftovers() const;
    void remove_old_checkpoints(std::int64_t step) const;

    std::filesystem::path folder_;
    RunLock lock_;
    RunConfig config_;
    std::string build_;
    std::filesystem::path last_checkpoint_;
    std::unique_ptr<MetricsLog> metrics_;
    std::unique_ptr<EventLog> events_;
    std::unique_ptr<EventLog> speed_;
};

}  // namespace mast::train
