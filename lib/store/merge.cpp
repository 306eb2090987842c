#include "store/merge.h"

#include <algorithm>
#include <vector>

#include "store/block_reader.h"

namespace mast::store {

void merge(const TrajectoryReader& shards, const std::filesystem::path& target, Overwrite overwrite,
           const History& history, const std::function<void(std::int64_t steps)>& between) {
    TrajectoryWriter writer(target, overwrite, shards.spec(), history);
    BlockReader rows(shards);
    std::vector<float> final_obs(static_cast<std::size_t>(shards.spec().obs_dim));
    const auto& episodes = shards.episodes();
    for (std::size_t e = 0; e < episodes.size(); ++e) {
        const auto end = episodes[e].start + episodes[e].length;
        for (auto row = episodes[e].start; row < end; row += rows.rows()) {
            writer.append(rows.read(row, std::min(rows.rows(), end - row)));
            between(writer.steps());
        }
        const bool known = shards.read_final_obs(static_cast<std::int64_t>(e), final_obs);
        writer.end_episode(episodes[e].end,
                           known ? std::span<const float>(final_obs) : std::span<const float>());
    }
    writer.finish(shards.split_rule(), [&] { between(writer.steps()); });
}

}  // namespace mast::store
