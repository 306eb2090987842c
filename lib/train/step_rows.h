// Reads the train split step by step, each with the step after it in its episode.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "store/trajectories.h"

namespace mast::train {

/// Consecutive steps of one episode, in double precision and standardised by the store's
/// statistics.
struct StepRows {
    std::int64_t steps = 0;   ///< n
    std::int64_t pairs = 0;   ///< steps with a next one in the episode: n, or n - 1 at its end
    std::vector<double> obs;  ///< (pairs + 1, Do) or more: row t + 1 is o_t+1
    std::vector<double> act;  ///< (n, Da); for classes 1 at the one taken, 0 elsewhere
    std::vector<double> rew;  ///< (n)
    /// The reward by the returns-to-go, R_t - discount R_t+1 with 0 after the end; (n),
    /// standardised as rew is.
    std::vector<double> rew_by_returns;
};

/// Blocks of steps in the order of the store; one block is in memory at a time.
class StepReader {
  public:
    /// The store must outlive the reader. Of every `stride` blocks only the first is read.
    explicit StepReader(const store::TrajectoryReader& store, std::int64_t stride = 1);

    /// Calls visit for each block. Throws DataError at a value that is not finite.
    void for_each(const std::function<void(const StepRows&)>& visit);
    /// Steps of the train split.
    std::int64_t steps() const;

  private:
    void read_block(const store::Episode& episode, std::int64_t first, std::int64_t count);
    void read_values(store::Modality modality, std::int64_t first, std::int64_t count,
                     std::vector<double>& out);
    void read_actions(std::int64_t first, std::int64_t count);
    void read_rewards(std::int64_t first, std::int64_t count, bool at_end);
    void standardise(store::Modality modality, std::vector<double>& values) const;

    const store::TrajectoryReader& store_;
    std::int64_t stride_;
    std::int64_t block_;  ///< most steps in a block
    StepRows rows_;
    std::vector<float> values_;
    std::vector<std::int32_t> classes_;
};

}  // namespace mast::train
