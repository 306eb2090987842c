// One HDF5 file of a trajectory store, opened and checked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "store/h5.h"
#include "store/header.h"
#include "store/trajectories.h"

namespace mast::store {

/// One file of a store.
struct TrajectoryFile {
    /// Throws IoError or DataError.
    explicit TrajectoryFile(const std::filesystem::path& path_in);
    /// By which a shard's whole is to be divided.
    SplitRule read_rule() const;
    Statistics read_statistics(Modality modality, std::int64_t columns) const;
    const h5::Dataset& dataset(Modality modality) const;

    std::filesystem::path path;
    h5::File file;
    h5::Group root;
    Header header;
    std::optional<Shard> shard;
    h5::Dataset obs, act, rew, rtg, final_obs;
    std::optional<h5::Dataset> action_mask;
    TrajectorySpec spec;
    std::int64_t steps = 0;
    std::vector<Episode> episodes;

  private:
    void read_spec();
};

}  // namespace mast::store
