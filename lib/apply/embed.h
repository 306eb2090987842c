// One representation for each step: what the last layer makes of its observation.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>

#include "model/transformer.h"
#include "store/history.h"
#include "store/output_file.h"
#include "store/trajectories.h"
#include "window/loader.h"

namespace mast::apply {

/// Steps that follow each other in an episode, and their representations.
struct Represented {
    const window::Windows& windows;
    std::int64_t sample;  ///< of the windows
    std::int64_t first;   ///< step of the window
    std::int64_t count;
    std::span<const float> rows;  ///< (count, C) after the last norm
};

struct EmbedOptions {
    /// Steps, or a few less, in runs that are drawn from all of it, the same in each call; 0: all.
    std::int64_t most = 0;
    std::function<void(std::int64_t done, std::int64_t total)> progress;
};

/// Visits every step of the loader's episodes once, or `most` of them, in the order of the store.
/// Windows lie half over each other, and each step is taken where it has most of what the attention
/// of `objective` shows it: half a window of the past at least, where that is all it shows, else a
/// quarter on either side; less only at the ends of episodes. Nothing is hidden. The layout must
/// have observations; windows of the loader are as long as the objective's.
void represent(model::Transformer& model, window::Loader& loader, const mask::Objective& objective,
               const EmbedOptions& options, const std::function<void(const Represented&)>& visit);

/// Writes them to a file (kind "embeddings") as /embedding [N,C], row by row those of the store.
/// The loader's episodes are all of the store. Throws IoError.
void embed(model::Transformer& model, const store::TrajectoryReader& store, window::Loader& loader,
           const mask::Objective& objective, const EmbedOptions& options,
           const std::filesystem::path& target, store::Overwrite overwrite,
           const store::History& history);

}  // namespace mast::apply
