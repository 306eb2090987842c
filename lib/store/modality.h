// The kinds of value recorded at each step of an episode.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mast::store {

/// obs observation o_t, act action a_t, rew reward r_t, rtg return-to-go (discounted sum of r_t
/// on).
enum class Modality : std::uint8_t { obs, act, rew, rtg };

inline constexpr std::array kModalities{Modality::obs, Modality::act, Modality::rew, Modality::rtg};

/// "obs", "act", "rew" or "rtg": the names of datasets, tokens and parameters.
std::string_view name_of(Modality modality);
std::optional<Modality> modality_from(std::string_view name);

/// Index into arrays with one entry for each modality.
constexpr std::size_t index_of(Modality modality) {
    return static_cast<std::size_t>(modality);
}

}  // namespace mast::store
