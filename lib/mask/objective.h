// A training objective, as four things: who attends to whom, what is hidden, what is predicted, and
// from which row.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "mask/layout.h"

namespace mast::mask {

/// Marks in `hidden` which tokens of one sample are replaced at the input.
///
/// draws   the stream of (seed, objective, sample)
/// valid   (n) 0 for the tokens of padded steps, which must not be hidden
/// hidden  (n) zeros on entry, 1 where hidden on return
using HideRule = std::function<void(Random& draws, std::span<const std::uint8_t> valid,
                                    std::span<std::uint8_t> hidden)>;

/// Whether a token with a read-out is a target in every sample, or only where it was hidden.
enum class Target : std::uint8_t { always, when_hidden };

inline constexpr std::int64_t kNoReadout = -1;

/// The most tokens of a window: an attention matrix of this many rows takes 16 MiB.
inline constexpr std::int64_t kMostTokens = 4096;

/// Every built-in and every user-made objective is one of these. n = layout.tokens(steps).
struct Objective {
    std::string name;  ///< the spec as given, e.g. "random:ratio=0.3"; keys losses and draws
    /// The head that reads the targets: one linear head for each (role, modality). Objectives whose
    /// targets mean the same share it, e.g. "infill" of all that hide tokens.
    std::string role;
    double weight = 1.0;
    Layout layout;
    std::int64_t steps = 0;  ///< T
    std::vector<std::uint8_t>
        attend;  ///< (n, n) 1 where row q may look at column k: attend[q * n + k]
    std::vector<std::int64_t> readout;  ///< (n) row where the token is predicted, or kNoReadout
    Target target = Target::when_hidden;
    HideRule hide;  ///< empty: hides nothing
    /// The mean fraction that the spec asks to hide, of the tokens of the kinds that it hides.
    double hidden_asked = 0.0;

    std::int64_t tokens() const { return layout.tokens(steps); }
};

/// What one objective does to one sample.
///
/// valid (T) steps that are not padding; hidden, predict (n) overwritten with 0 and 1. A token is
/// predicted if it has a read-out, is valid as is the step of its read-out row, and is hidden where
/// that is asked for. The draw depends on (seed, objective.name, sample) only.
void draw(const Objective& objective, std::uint64_t seed, std::uint64_t sample,
          std::span<const std::uint8_t> valid, std::span<std::uint8_t> hidden,
          std::span<std::uint8_t> predict);

}  // namespace mast::mask
