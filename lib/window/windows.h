// The values of B windows of T steps, standardised and padded on the right.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "store/modality.h"

namespace mast::window {

/// What one modality's value looks like.
struct Channel {
    std::int64_t dim = 0;   ///< D columns, or the number of classes of a discrete action; 0: absent
    bool discrete = false;  ///< class numbers instead of values
    bool masked = false;    ///< discrete, and each step tells which classes are valid
};
using Channels = std::array<Channel, store::kModalities.size()>;

/// Filled in place for each batch; nothing is allocated once it has its size. Padded steps hold
/// zeros.
struct Windows {
    std::int64_t batch = 0;  ///< B
    std::int64_t steps = 0;  ///< T
    Channels channels;
    /// (B, T, D) standardised values, by modality; empty where absent or discrete.
    std::array<std::vector<float>, store::kModalities.size()> values;
    std::vector<std::int32_t> classes;  ///< (B, T) discrete actions; empty if continuous
    std::vector<std::uint8_t> may;      ///< (B, T, K) 1 where a class is valid; empty: all are
    std::vector<std::uint8_t> valid;    ///< (B, T)
    std::vector<std::int64_t> episode;  ///< (B)
    std::vector<std::int64_t> start;    ///< (B) first step inside the episode

    /// Sets all sizes; `wanted` modalities only.
    void resize(std::int64_t batch_size, std::int64_t context, const Channels& all,
                std::span<const store::Modality> wanted);
    /// The marks of row b * T + t in `may`, (K); empty: all classes are valid.
    std::span<const std::uint8_t> valid_classes(std::int64_t row) const;
};

}  // namespace mast::window
