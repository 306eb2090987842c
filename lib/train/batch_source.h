// Where a training step gets its batches from: a store, masked afresh, or batches on disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "mask/batch.h"
#include "mask/batch_file.h"
#include "store/trajectories.h"
#include "window/loader.h"

namespace mast::train {

class BatchSource {
  public:
    virtual ~BatchSource() = default;

    /// The batch of a number, counted from 0: the same each time it is asked for. A step of N
    /// batches takes N that follow each other.
    void load(std::int64_t number, mask::Batch& out) { load_part(number, 0, batch_size(), out); }
    /// Samples first .. first + count - 1 of it; all of them where an objective mixes samples.
    virtual void load_part(std::int64_t number, std::int64_t first, std::int64_t count,
                           mask::Batch& out) = 0;

    virtual const std::vector<mask::Objective>& objectives() const = 0;
    virtual const window::Channels& channels() const = 0;
    virtual const window::Scaler& scaler() const = 0;
    virtual std::int64_t batch_size() const = 0;
};

/// Windows of one split of a store, or of some of its episodes, in a fresh order and under fresh
/// masks each epoch.
class StoreSource : public BatchSource {
  public:
    /// The store must outlive the source. scaler: else by the store's statistics. steps: of the
    /// training, by which curricula grow; 0: masks are those of its end. accumulate: batches of a
    /// step, which stand at one point of the curriculum. Throws DataError if the split holds no
    /// episode.
    StoreSource(const store::TrajectoryReader& store, const window::EpisodeChoice& episodes,
                std::vector<mask::Objective> objectives, std::int64_t batch_size,
                std::uint64_t seed, std::int64_t steps = 0, std::int64_t accumulate = 1,
                const std::optional<window::Scaler>& scaler = std::nullopt);

    void load_part(std::int64_t number, std::int64_t first, std::int64_t count,
                   mask::Batch& out) override;
    const std::vector<mask::Objective>& objectives() const override { return objectives_; }
    const window::Channels& channels() const override { return loader_.channels(); }
    const window::Scaler& scaler() const override { return loader_.scaler(); }
    std::int64_t batch_size() const override { return batch_size_; }

  private:
    std::vector<mask::Objective> objectives_;
    window::Loader loader_;
    std::int64_t batch_size_;
    std::uint64_t seed_;
    std::int64_t steps_;
    std::int64_t accumulate_;
};

/// The batches of one or more files, one file after another, again from the start after the last.
class BatchFileSource : public BatchSource {
  public:
    /// Throws DataError if the files differ in objectives, shapes or scaling.
    explicit BatchFileSource(const std::vector<std::filesystem::path>& paths);

    void load_part(std::int64_t number, std::int64_t first, std::int64_t count,
                   mask::Batch& out) override;
    const std::vector<mask::Objective>& objectives() const override {
        return files_.front().objectives();
    }
    const window::Channels& channels() const override { return files_.front().channels(); }
    const window::Scaler& scaler() const override { return files_.front().scaler(); }
    std::int64_t batch_size() const override { return files_.front().batch_size(); }
    const mask::BatchFileReader& file(std::size_t i) const { return files_[i]; }
    std::size_t files() const { return files_.size(); }

  private:
    std::vector<mask::BatchFileReader> files_;
    std::vector<std::int64_t> first_batch_;  ///< of each file, and their total
};

}  // namespace mast::train
