#include "train/run_writer.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/version.h"
#include "store/safetensors.h"
#include "store/temporary.h"
#include "train/checkpoint.h"
#include "train/run_folder.h"
#include "train/self_test.h"
#include "train/tensor_file.h"

namespace mast::train {

namespace fs = std::filesystem;

namespace {

/// False: it was there.
bool make_folder(const fs::path& folder, const fs::path& run) {
    std::error_code error;
    const bool made = fs::create_directory(folder, error);
    if (!error) return made;
    fail<IoError>(
        "{}: cannot be created ({}), expected a writable place (check its "
        "permissions)",
        run.string(), error.message());
}

/// "run/" and "run" are one name.
fs::path without_slash(const fs::path& folder) {
    return folder.filename().empty() ? folder.parent_path() : folder;
}

/// Removes new folders of this name whose processes were killed: whoever lives has locked his.
void remove_leftover_folders(const fs::path& target) {
    for (const auto& folder : store::temporaries_of(target)) {
        try {
            const RunLock lock(folder, target);
            std::error_code ignored;
            if (lock.holds()) fs::remove_all(folder, ignored);
        } catch (const IoError&) {
            continue;  // it stays
        }
    }
}

/// A folder that is removed unless it got its final name.
class NewFolder {
  public:
    explicit NewFolder(const fs::path& target)
        : target_(target), temp_(store::temporary_path(target, 0)) {
        remove_leftover_folders(target_);
        make_folder(temp_, target_);
    }
    ~NewFolder() {
        std::error_code ignored;
        if (!committed_) fs::remove_all(temp_, ignored);
    }
    NewFolder(const NewFolder&) = delete;
    NewFolder& operator=(const NewFolder&) = delete;

    const fs::path& path() const { return temp_; }

    /// A rename replaces no file, and no folder that holds anything.
    void commit() {
        if (std::rename(temp_.c_str(), target_.c_str()) != 0) {
            fail<IoError>(
                "{}: cannot be given its name ({}), expected a new name (name another "
                "folder)",
                target_.string(), std::strerror(errno));
        }
        committed_ = true;
        store::sync_folder_of(target_);
    }

  private:
    fs::path target_;
    fs::path temp_;
    bool committed_ = false;
};

/// Bytes of the files that a run writes anew.
double bytes_of_files(const fs::path& folder) {
    std::error_code error;
    double bytes = 0;
    for (const auto& place : {folder, folder / kCheckpointFolder}) {
        for (const auto& entry : fs::directory_iterator(place, error)) {
            const auto size = entry.is_regular_file(error) ? entry.file_size(error) : 0;
            if (!error) bytes += static_cast<double>(size);
        }
    }
    return bytes;
}

/// Most checkpoints that a run has on disk at a time: one more than are kept, while that is
/// written.
std::int64_t most_checkpoints(const RunConfig& config) {
    const auto during =
        config.checkpoint_every > 0 ? (config.steps - 1) / config.checkpoint_every : 0;
    return std::min(config.keep, during) + 1;
}

}  // namespace

RunWriter::RunWriter(fs::path folder, RunLock lock, RunConfig config, std::string build)
    : folder_(std::move(folder)),
      lock_(std::move(lock)),
      config_(std::move(config)),
      build_(std::move(build)) {}

RunWriter RunWriter::create(const fs::path& folder, store::Overwrite overwrite,
                            const RunConfig& config, const std::string& build) {
    check_run_target(folder, overwrite);
    const auto target = without_slash(folder);
    std::error_code ignored;
    if (overwrite == store::Overwrite::refuse || !fs::exists(target, ignored)) {
        NewFolder fresh(target);
        RunWriter writer(target, RunLock(fresh.path(), target), config, build);
        writer.check_room();
        store::write_file(fresh.path() / kConfigFile, to_json(config), store::Overwrite::refuse);
        fresh.commit();
        writer.open_logs(0);
        return writer;
    }
    RunWriter writer(target, RunLock(target, target), config, build);
    writer.check_room();
    writer.remove_leftovers();
    fs::remove(target / kModelFile, ignored);
    for (const auto& checkpoint : checkpoints_of(target))
        fs::remove(checkpoint.path, ignored);
    writer.remove_logs();
    store::write_file(target / kConfigFile, to_json(config), store::Overwrite::allow);
    writer.open_logs(0);
    return writer;
}

RunWriter RunWriter::reopen(const fs::path& folder, const std::string& build) {
    const auto target = without_slash(folder);
    read_run_config(target);  // nothing is locked, and no file made, in what is no run
    RunLock lock(target, target);
    RunWriter writer(target, std::move(lock), read_run_config(target), build);
    writer.remove_leftovers();
    return writer;
}

void RunWriter::go_on_after(std::int64_t step, const RunConfig& config) {
    config_ = config;
    check_room();
    last_checkpoint_ = step > 0 ? checkpoint_path(folder_, step) : fs::path();
    store::write_file(folder_ / kConfigFile, to_json(config_), store::Overwrite::allow);
    open_logs(step);
    remove_old_checkpoints(step);
}

/// Opens them and drops what is of steps after this one.
void RunWriter::open_logs(std::int64_t step) {
    metrics_ = std::make_unique<MetricsLog>(folder_ / kMetricsFile);
    metrics_->cut_after(step);
    make_folder((folder_ / kEventFile).parent_path(), folder_);
    make_folder((folder_ / kSpeedFile).parent_path(), folder_);
    events_ = std::make_unique<EventLog>(folder_ / kEventFile, step);
    speed_ = std::make_unique<EventLog>(folder_ / kSpeedFile, step);
    // A power cut takes no name of what a checkpoint counts on.
    for (const auto* file : {kMetricsFile, kEventFile, kSpeedFile})
        store::sync_folder_of(folder_ / file);
}

void RunWriter::sync_logs() {
    metrics_->sync();
    events_->sync();
    speed_->sync();
}

void RunWriter::remove_logs() const {
    std::error_code ignored;
    for (const auto* name : {kMetricsFile, kEventFile, kSpeedFile})
        fs::remove(folder_ / name, ignored);
}

void RunWriter::scalars(std::int64_t step, const std::vector<Scalar>& values) {
    events_->scalars(step, static_cast<double>(step), values);
}

void RunWriter::picture(std::int64_t step, const std::string& tag, const Picture& picture) {
    events_->picture(step, static_cast<double>(step), tag, picture);
}

void RunWriter::speed(std::int64_t step, double wall_time, double tokens_per_second) {
    speed_->scalars(step, wall_time, {{"training/tokens_per_second", tokens_per_second}});
}

void RunWriter::check_room() const {
    const model::ParameterTable table(config_.model);
    const double network = static_cast<double>(table.size()) * sizeof(float);
    const double needed = static_cast<double>(most_checkpoints(config_)) *
                              checkpoint_bytes(table, config_.keep_best) +
                          network;
    std::error_code unknown;
    const auto place = fs::exists(folder_, unknown) ? folder_ : folder_ / "..";
    const auto space = fs::space(place.lexically_normal(), unknown);
    const double had = static_cast<double>(space.available) + bytes_of_files(folder_);
    if (unknown || needed <= had) return;
    constexpr double kTenthGb = 1e8;
    fail<IoError>(
        "{}: would have {:.1f} GB of checkpoints, expected at most the {:.1f} GB that the disk has "
        "left (free some space, or use a smaller --keep)",
        folder_.string(), std::ceil(needed / kTenthGb) / 10, std::floor(had / kTenthGb) / 10);
}

void RunWriter::remove_leftovers() const {
    std::error_code ignored;
    for (const auto& place : {folder_, folder_ / kCheckpointFolder}) {
        for (const auto& entry : fs::directory_iterator(place, ignored)) {
            const auto name = entry.path().filename().string();
            if (name.starts_with('.') && name.ends_with(".tmp")) fs::remove(entry.path(), ignored);
        }
    }
}

void RunWriter::save(model::Transformer& model, const Trainer& trainer) {
    const auto checkpoints = folder_ / kCheckpointFolder;
    if (make_folder(checkpoints, folder_)) store::sync_folder_of(checkpoints);
    sync_logs();
    const auto step = trainer.steps();
    const auto path = checkpoint_path(folder_, step);
    write_checkpoint(path, model, trainer, config_.objectives, build_);
    const Checkpoint whole(path, model.table());
    last_checkpoint_ = path;
    remove_old_checkpoints(step);
}

void RunWriter::remove_old_checkpoints(std::int64_t step) const {
    std::error_code ignored;
    std::int64_t seen = 0;
    for (const auto& checkpoint : checkpoints_of(folder_)) {
        // What lies ahead was found broken when the run went on from before it.
        if (checkpoint.step > step) continue;
        if (++seen > config_.keep) fs::remove(checkpoint.path, ignored);
    }
}

void RunWriter::finish(model::Transformer& model, std::int64_t step,
                       const std::optional<Best>& best) {
    sync_logs();
    if (best) std::ranges::copy(best->values, model.values().begin());
    store::TensorMetadata metadata{
        {"format", "pt"},
        {"mast_version", version()},
        {"step", std::to_string(step)},
        {"self_test", run_self_test(model, config_.objectives, build_, step)}};
    if (best) {
        metadata["best_step"] = std::to_string(best->step);
        metadata["best_loss"] = fmt::format("{}", best->loss);
    }
    store::write_safetensors(folder_ / kModelFile, store::Overwrite::allow,
                             tensors_of(model.table(), std::as_const(model).values(), ""),
                             metadata);
}

}  // namespace mast::train
