// Reads windows of a store in an order that only (seed, epoch) decides.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "store/trajectories.h"
#include "window/scaler.h"
#include "window/window_index.h"
#include "window/windows.h"

namespace mast::window {

/// Of the wanted modalities; the others have dim 0.
Channels channels_of(const store::TrajectoryReader& store, std::span<const store::Modality> wanted);

struct LoaderOptions {
    std::optional<Scaler> scaler;  ///< else by the statistics of the store
    /// Episodes of fewer bytes in all are kept in memory.
    std::int64_t keep_bytes = std::int64_t{1} << 30;
};

/// The position of a loader is one number, the windows handed out so far: epoch = position / count.
/// Each epoch shows every window of the chosen episodes once, in its own order. Memory stays
/// bounded for any size of store; episodes that are few enough are kept in memory.
///
/// The store must outlive the loader. Errors of reading are those of the store; a value that is not
/// finite is a DataError.
class Loader {
  public:
    /// seed: of the order.
    Loader(const store::TrajectoryReader& store, const EpisodeChoice& episodes,
           std::int64_t context, std::span<const store::Modality> wanted, std::uint64_t seed,
           const LoaderOptions& options = {});

    /// The windows at positions first .. first + batch - 1 of the endless order.
    void load(std::int64_t first, std::int64_t batch, Windows& out);
    /// The i-th window in the order of the store, without shuffling (for evaluation).
    void load_in_order(std::int64_t first, std::int64_t batch, Windows& out);
    /// The windows of the given numbers in the order of the store.
    void load_chosen(std::span<const std::int64_t> numbers, Windows& out);

    /// Whether loading has no need of the file.
    bool is_in_memory() const { return kept_in_memory_; }

    std::int64_t count() const { return index_.count(); }
    const WindowIndex& index() const { return index_; }
    const Scaler& scaler() const { return scaler_; }
    /// Of the wanted modalities; the others have dim 0.
    const Channels& channels() const { return channels_; }

  private:
    /// Standardised rows of the chosen episodes, one after another.
    struct Kept {
        std::array<std::vector<float>, store::kModalities.size()> values;
        std::vector<std::int32_t> classes;
        std::vector<std::uint8_t> may;
        std::vector<std::int64_t> first_row;  ///< by episode of the store; -1: not chosen
    };

    void keep_in_memory(std::int64_t rows);
    /// Rows of the store, standardised, into the kept rows from `to` on.
    void keep_rows(std::int64_t first, std::int64_t count, std::int64_t to);
    void read_window(const Window& window, std::int64_t slot, Windows& out);
    /// Rows from `source` on: of the kept ones if there are any, else of the store.
    void copy_values(store::Modality modality, std::int64_t source, std::int64_t count,
                     std::span<float> out) const;
    void copy_classes(std::int64_t source, std::int64_t count, std::span<std::int32_t> out) const;
    void copy_masks(std::int64_t source, std::int64_t count, std::span<std::uint8_t> out) const;
    /// Rows of the store, checked and standardised.
    void read_values(store::Modality modality, std::int64_t first, std::int64_t count,
                     std::span<float> out) const;
    void read_classes(std::int64_t first, std::int64_t count, std::span<std::int32_t> out) const;

    const store::TrajectoryReader& store_;
    WindowIndex index_;
    Scaler scaler_;
    Channels channels_;
    std::vector<store::Modality> wanted_;
    std::uint64_t seed_;
    bool kept_in_memory_ = false;
    Kept kept_;
};

}  // namespace mast::window
