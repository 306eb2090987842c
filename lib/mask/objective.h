// A training objective, as four things: who attends to whom, what is hidden, what is predicted, and
// from which row.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "mask/layout.h"

namespace mast::mask {

/// How a token is shown to the model. All but kVisible are hidden: of a token that was kept the
/// model cannot know that it is one (Devlin et al. 2019).
enum Shown : std::uint8_t {
    kVisible = 0,
    kMasked = 1,    ///< the mask stands for it
    kReplaced = 2,  ///< a token of another sample of the batch stands for it
    kKept = 3,      ///< it stands there itself
    kSilent = 4,    ///< masked, but no target: only for hide rules, draw() makes it kMasked
};

/// What a hide rule decides by.
struct Draw {
    Random& random;         ///< the stream of (seed, objective, sample)
    double progress = 1.0;  ///< of the training, 0 at its start, 1 at its end
};

/// Says how the tokens of one sample are shown.
///
/// valid   (n) 0 for the tokens of padded steps, which must stay visible; valid steps come first
/// hidden  (n) kVisible on entry
using HideRule = std::function<void(Draw& draw, std::span<const std::uint8_t> valid,
                                    std::span<std::uint8_t> hidden)>;

/// Whether a token with a read-out is a target in every sample, only where it was hidden, or only
/// where its row was.
enum class Target : std::uint8_t { always, when_hidden, when_row_hidden };

/// What is predicted of a target.
enum class Aim : std::uint8_t {
    value,     ///< itself: squared error, or cross entropy of a class
    latent,    ///< its embedding by the moving average of the network: squared error
    contrast,  ///< which of all targets of the batch it is, by that embedding: InfoNCE
};

inline constexpr std::int64_t kNoReadout = -1;

/// The most tokens of a window: an attention matrix of this many rows takes 16 MiB.
inline constexpr std::int64_t kMostTokens = 4096;

/// Every built-in and every user-made objective is one of these. n = layout.tokens(steps).
struct Objective {
    std::string name;  ///< the spec, e.g. "random:ratio=0.3", or a name; keys losses and draws
    std::string spec;  ///< what make_objective() builds it from again, without files
    /// The head that reads the targets: one linear head for each (role, modality). Objectives whose
    /// targets mean the same share it, e.g. "infill" of all that hide tokens.
    std::string role;
    double weight = 1.0;
    Layout layout{"obs,act"};
    std::int64_t steps = 0;  ///< T
    std::vector<std::uint8_t>
        attend;  ///< (n, n) 1 where row q may look at column k: attend[q * n + k]
    std::vector<std::int64_t> readout;  ///< (n) row where the token is predicted, or kNoReadout
    Target target = Target::when_hidden;
    Aim aim = Aim::value;
    HideRule hide;          ///< empty: hides nothing
    bool replaces = false;  ///< whether hidden tokens may be replaced or kept, not only masked
    /// The mean fraction that the spec asks to hide, of the valid tokens of each kind.
    std::array<double, store::kModalities.size()> hidden_asked{};

    std::int64_t tokens() const { return layout.tokens(steps); }
    /// Of the valid tokens of all kinds that are hidden at all.
    double mean_hidden_asked() const;
};

std::string_view name_of(Target target);
std::string_view name_of(Aim aim);
std::optional<Target> target_from(std::string_view name);
std::optional<Aim> aim_from(std::string_view name);

/// Names a draw.
struct DrawKey {
    std::uint64_t seed = 0;
    std::uint64_t sample = 0;
    double progress = 1.0;  ///< of the training
};

/// What one objective does to one sample.
///
/// valid (T) steps that are not padding; hidden (n) overwritten with how each token is shown,
/// predict (n) with 0 and 1. A token is predicted if it has a read-out, is valid as is the step of
/// its read-out row, and is hidden where that is asked for. The draw depends on the key and
/// objective.name only.
void draw(const Objective& objective, const DrawKey& key, std::span<const std::uint8_t> valid,
          std::span<std::uint8_t> hidden, std::span<std::uint8_t> predict);

}  // namespace mast::mask
