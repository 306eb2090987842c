// Rows of a store, all that is recorded of each, piece by piece.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "store/trajectories.h"

namespace mast::store {

/// Reads blocks into memory of its own. The store must outlive it.
class BlockReader {
  public:
    explicit BlockReader(const TrajectoryReader& store) : store_(store) {}

    /// Rows first .. first + count - 1; valid until the next call.
    StepBlock read(std::int64_t first, std::int64_t count);

    /// Rows of a block of a few MB; at least one.
    std::int64_t rows() const;

  private:
    std::span<const float> values(Modality modality, std::int64_t first, std::int64_t count,
                                  std::vector<float>& into);

    const TrajectoryReader& store_;
    std::vector<float> obs_, act_, rew_;
    std::vector<std::int32_t> classes_;
    std::vector<std::uint8_t> may_;
};

}  // namespace mast::store
