// What a reader of foreign files hands on.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "store/trajectories.h"

namespace mast::ingest {

/// What is known of a file before its rows are read.
struct Description {
    std::string format;          ///< name of its layout
    store::TrajectorySpec spec;  ///< discount is left to the caller
    std::int64_t steps = 0;
    /// What a reader of the store should know: "FILE: what is missing, what stands for it (cure)".
    std::vector<std::string> warnings;
};

/// Where episodes go.
class EpisodeSink {
  public:
    virtual ~EpisodeSink() = default;
    virtual void append(const store::StepBlock& block) = 0;
    /// final_obs: empty where it is not known.
    virtual void end_episode(store::End end, std::span<const float> final_obs) = 0;
};

/// Bytes of values that a block of steps may have, unless a single step has more.
inline constexpr std::int64_t kBlockBytes = std::int64_t{8} << 20U;

/// Steps of a block: as many as fit, and at least one.
std::int64_t block_steps(const store::TrajectorySpec& spec);

}  // namespace mast::ingest
