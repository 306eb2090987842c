// Statistics of a column over the train split, gathered block by block.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "store/moments.h"
#include "store/trajectories.h"

namespace mast::store {

/// The same blocks give the same bits: they are those of record_checksum().
class TrainMoments {
  public:
    /// The episodes must outlive this.
    TrainMoments(const std::vector<Episode>& episodes, std::int64_t columns)
        : episodes_(episodes), columns_(columns), moments_(columns) {}

    /// Rows that follow those before; rows (count, columns).
    void add(std::int64_t first, std::int64_t count, const float* rows) {
        for (std::int64_t row = first; row < first + count;) {
            while (row >= episodes_[episode_].start + episodes_[episode_].length)
                ++episode_;
            const auto& episode = episodes_[episode_];
            const auto end = std::min(first + count, episode.start + episode.length);
            if (episode.split == Split::train)
                moments_.add(rows + (row - first) * columns_, end - row);
            row = end;
        }
    }
    const Moments& moments() const { return moments_; }

  private:
    const std::vector<Episode>& episodes_;
    std::int64_t columns_;
    Moments moments_;
    std::size_t episode_ = 0;
};

}  // namespace mast::store
