// The trajectory store: the one on-disk form of recorded episodes (kind "trajectories").
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/history.h"
#include "store/modality.h"
#include "store/output_file.h"
#include "store/shard.h"

namespace mast::store {

/// How an episode ended. A time limit (truncated) is not a failure (terminated); a recording that
/// just stops is neither.
enum class End : std::uint8_t { unfinished = 0, terminated = 1, truncated = 2 };

enum class Split : std::uint8_t { train = 0, val = 1, test = 2 };
std::string_view name_of(Split split);
std::optional<Split> split_from(std::string_view name);

enum class ActionKind : std::uint8_t { continuous, discrete };

/// A named part of the flattened observation: columns first .. first + width - 1.
struct Component {
    std::string name;  ///< path in the source, e.g. "observation/joint/omega"
    std::int64_t first;
    std::int64_t width;
};

struct Episode {
    std::int64_t start;   ///< first row
    std::int64_t length;  ///< T steps
    End end;
    Split split;
    double episode_return;  ///< undiscounted sum of rewards, in the data's own units
};

/// What is recorded at each step.
struct TrajectorySpec {
    std::int64_t obs_dim = 0;
    std::int64_t act_dim = 0;  ///< Da; for discrete actions the number of classes
    ActionKind action_kind = ActionKind::continuous;
    std::vector<Component> components;
    double discount = 1.0;  ///< of the return-to-go
    /// Whether each step tells which of its discrete actions are valid; else all are.
    bool action_masks = false;
};

/// Per-column statistics over the valid rows of the train split. All empty for a modality without
/// numbers (discrete actions).
struct Statistics {
    std::vector<double> mean, std, min, max;
};

/// How finished episodes are divided.
struct SplitRule {
    double val = 0.1;   ///< fraction of episodes held out for validation, 0 <= val < 1
    double test = 0.0;  ///< fraction held out for the test
    std::uint64_t seed = 0;
};

/// A store, or all shards of one, opened for reading. Reads are by row; nothing is kept in memory
/// but the episode table. Not thread-safe: one reader for each thread, and calls into HDF5 from one
/// thread at a time.
class TrajectoryReader {
  public:
    /// Throws IoError or DataError (wrong kind, incomplete, damaged, shapes that disagree).
    explicit TrajectoryReader(const std::filesystem::path& path);
    /// Files as join_shards() gives them, of one whole. Splits are drawn, and statistics gathered
    /// when they are asked for, as ingest would have done without shards. One shard by itself is
    /// read as it stands: everything is in its train split, and it has no statistics of a whole.
    explicit TrajectoryReader(const std::vector<std::filesystem::path>& paths);
    ~TrajectoryReader();
    TrajectoryReader(TrajectoryReader&&) noexcept;

    const std::filesystem::path& path() const;  ///< of the first file
    struct File {
        std::filesystem::path path;
        std::string content;  ///< hash
    };
    std::vector<File> files() const;
    const SplitRule& split_rule() const;  ///< of shards
    const TrajectorySpec& spec() const;
    const std::vector<Episode>& episodes() const;
    std::int64_t steps() const;  ///< N, over all episodes
    /// Of several shards: reads the rows of all, the first time.
    const Statistics& statistics(Modality modality) const;
    const History& history() const;
    /// XXH3 over the recorded hashes of all datasets: names the content in histories.
    std::string content_hash() const;

    /// Columns of a modality as float rows: Do, Da, 1, 1. Not for discrete actions.
    std::int64_t dim(Modality modality) const;

    /// Rows first .. first + count - 1 into out (count, dim). Not for discrete actions.
    void read(Modality modality, std::int64_t first, std::int64_t count,
              std::span<float> out) const;
    /// Discrete actions as class numbers 0 .. act_dim - 1; out (count).
    void read_classes(std::int64_t first, std::int64_t count, std::span<std::int32_t> out) const;
    /// Which discrete actions are valid, out (count, act_dim) of 1 and 0: the one taken is. Only
    /// where the store has masks.
    void read_action_masks(std::int64_t first, std::int64_t count,
                           std::span<std::uint8_t> out) const;
    /// The observation after the last action of an episode, out (Do); false where it is not known.
    bool read_final_obs(std::int64_t episode, std::span<float> out) const;

    /// Names of the datasets whose content does not match its recorded hash, or that have holes;
    /// each as "/obs: what is, what was expected". Reads everything.
    std::vector<std::string> damage() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Rows of one piece of an episode, as they come from a source.
struct StepBlock {
    std::int64_t steps = 0;
    std::span<const float> obs;             ///< (steps, Do)
    std::span<const float> act;             ///< (steps, Da), empty for discrete actions
    std::span<const std::int32_t> classes;  ///< (steps), empty for continuous actions
    std::span<const float> rew;             ///< (steps)
    std::span<const std::uint8_t> may{};    ///< (steps, K), empty unless spec.action_masks
};

/// Splits by episode: exactly round(fraction * E) episodes each, drawn by seed; at least one
/// episode for a fraction above 0 where E >= 2, and never all of them.
std::vector<Split> draw_splits(std::int64_t episodes, const SplitRule& rule);

/// Writes a store piece by piece, in bounded memory: a few blocks and the episode table.
class TrajectoryWriter {
  public:
    TrajectoryWriter(const std::filesystem::path& target, Overwrite overwrite,
                     const TrajectorySpec& spec, const History& history,
                     const std::optional<Shard>& shard = std::nullopt);
    ~TrajectoryWriter();

    /// Appends steps to the episode under way.
    void append(const StepBlock& block);
    /// Ends the episode under way; final_obs (Do) or empty where it is not known.
    void end_episode(End end, std::span<const float> final_obs);
    /// Splits, which a shard leaves to the whole, returns-to-go, statistics, hashes, `complete`;
    /// then commits the file. `between` is called between blocks and may throw to stop.
    void finish(const SplitRule& rule, const std::function<void()>& between);
    void finish(const SplitRule& rule) {
        finish(rule, [] {});
    }

    const std::vector<Episode>& episodes() const;
    std::int64_t steps() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace mast::store
