// Masked token batches on disk (kind "batches").
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mask/batch.h"
#include "store/history.h"
#include "store/output_file.h"
#include "store/shard.h"
#include "window/recorded.h"
#include "window/scaler.h"

namespace mast::mask {

struct BatchFileSpec {
    std::int64_t samples = 0;     ///< S
    std::int64_t batch_size = 0;  ///< B
    float mask_value = -1.0F;     ///< in /objectives/I/inputs_M where a token is hidden
    bool compact = false;         ///< leave inputs_M out
    std::uint64_t seed = 0;
    std::optional<store::Shard> shard = {};  ///< which batches of a whole these are
    window::Recorded recorded = {};
};

/// Writes batches one after another in bounded memory; layout and names as in docs/batches.md.
class BatchFileWriter {
  public:
    BatchFileWriter(const std::filesystem::path& target, store::Overwrite overwrite,
                    const BatchFileSpec& spec, const window::Channels& channels,
                    const window::Scaler& scaler, const std::vector<Objective>& objectives,
                    const store::History& history);
    ~BatchFileWriter();
    void append(const Batch& batch);
    void finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Reads them back: everything that training needs stands in the file.
class BatchFileReader {
  public:
    /// Throws IoError or DataError.
    explicit BatchFileReader(const std::filesystem::path& path);
    ~BatchFileReader();
    BatchFileReader(BatchFileReader&&) noexcept;

    std::int64_t samples() const;
    std::int64_t batch_size() const;
    const window::Channels& channels() const;
    const window::Scaler& scaler() const;
    const std::vector<Objective>& objectives()
        const;  ///< without hide rules: masks are in the file
    /// Of files of earlier versions, which do not tell: 1, and no range.
    const window::Recorded& recorded() const;
    const store::History& history() const;
    /// XXH3 over the recorded hashes of all datasets.
    std::string content_hash() const;
    /// Samples first .. first + count - 1: whole batches, where an objective replaces tokens.
    void read(std::int64_t first, std::int64_t count, Batch& out) const;
    /// As TrajectoryReader::damage().
    std::vector<std::string> damage() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace mast::mask
