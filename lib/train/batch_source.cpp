#include "train/batch_source.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/error.h"

namespace mast::train {

namespace {

bool same_channels(const window::Channels& a, const window::Channels& b) {
    return std::equal(a.begin(), a.end(), b.begin(), [](const auto& x, const auto& y) {
        return x.dim == y.dim && x.discrete == y.discrete && x.masked == y.masked;
    });
}

/// The first file's stand for all, where leaks are sought and in config.json. Shards of one whole
/// have the same specs.
bool same_objectives(const std::vector<mask::Objective>& a, const std::vector<mask::Objective>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
        return x.name == y.name && x.spec == y.spec && x.role == y.role && x.weight == y.weight &&
               x.target == y.target && x.aim == y.aim && x.replaces == y.replaces &&
               x.layout == y.layout && x.steps == y.steps && x.attend == y.attend &&
               x.readout == y.readout;
    });
}

bool same_scaling(const window::Scaler& a, const window::Scaler& b) {
    return std::all_of(store::kModalities.begin(), store::kModalities.end(), [&](auto modality) {
        return std::ranges::equal(a.mean(modality), b.mean(modality)) &&
               std::ranges::equal(a.scale(modality), b.scale(modality));
    });
}

}  // namespace

StoreSource::StoreSource(const store::TrajectoryReader& store,
                         const window::EpisodeChoice& episodes,
                         std::vector<mask::Objective> objectives, std::int64_t batch_size,
                         std::uint64_t seed, std::int64_t steps, std::int64_t accumulate,
                         const std::optional<window::Scaler>& scaler)
    : objectives_(std::move(objectives)),
      loader_(store, episodes, objectives_.front().steps, objectives_.front().layout.modalities(),
              seed, {scaler}),
      batch_size_(batch_size),
      seed_(seed),
      steps_(steps),
      accumulate_(accumulate) {}

void StoreSource::load_part(std::int64_t number, std::int64_t first, std::int64_t count,
                            mask::Batch& out) {
    const auto sample = number * batch_size_ + first;
    const auto step = number / accumulate_;
    loader_.load(sample, count, out.windows);
    const double progress =
        step < steps_ ? static_cast<double>(step) / static_cast<double>(steps_) : 1.0;
    mask::mask_windows(objectives_, {seed_, static_cast<std::uint64_t>(sample), progress}, out);
}

BatchFileSource::BatchFileSource(const std::vector<std::filesystem::path>& paths) {
    MAST_ASSERT(!paths.empty());
    std::int64_t batches = 0;
    for (const auto& path : paths) {
        files_.emplace_back(path);
        const auto& file = files_.back();
        const auto& first = files_.front();
        if (file.batch_size() != first.batch_size() ||
            !same_channels(file.channels(), first.channels()) ||
            !same_objectives(file.objectives(), first.objectives()) ||
            !same_scaling(file.scaler(), first.scaler())) {
            fail<DataError>(
                "{}: differs from {} in its objectives, shapes or scaling, expected the "
                "same (make both from one store with the same options)",
                path.string(), paths.front().string());
        }
        first_batch_.push_back(batches);
        batches += file.samples() / file.batch_size();
    }
    first_batch_.push_back(batches);
    if (batches == 0) {
        fail<DataError>(
            "{}: has {} samples, expected at least one batch of {} (run mast verify, then mast "
            "mask again)",
            paths.front().string(), files_.front().samples(), files_.front().batch_size());
    }
}

void BatchFileSource::load_part(std::int64_t number, std::int64_t first, std::int64_t count,
                                mask::Batch& out) {
    const auto batch = number % first_batch_.back();
    const auto after = std::upper_bound(first_batch_.begin(), first_batch_.end(), batch);
    const auto file = static_cast<std::size_t>(after - first_batch_.begin() - 1);
    files_[file].read((batch - first_batch_[file]) * batch_size() + first, count, out);
}

}  // namespace mast::train
