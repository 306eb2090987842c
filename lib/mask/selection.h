// Which tokens of a sample are hidden, where a fraction is asked for.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "mask/objective.h"
#include "mask/spec.h"

namespace mast::mask {

/// A hide rule: a fraction of the eligible tokens, alone or in spans of steps, anew in each sample.
struct Selection {
    std::vector<std::uint8_t> eligible;  ///< (n) which tokens may be hidden
    std::int64_t per_step = 0;           ///< tokens of a step
    double low = 0;                      ///< fraction hidden: drawn uniformly from low .. high
    double high = 0;
    bool grows = false;  ///< `high` starts at `low` and rises with the training
    /// Spans of shortest .. longest steps, in which every eligible token is hidden; 0: tokens, each
    /// on its own.
    std::int64_t shortest = 0;
    std::int64_t longest = 0;
    double masked = 1;    ///< of the hidden tokens: the share for which the mask stands
    double replaced = 0;  ///< ... a token of another sample; the rest is kept

    bool keeps() const { return masked + replaced < 1; }

    void operator()(Draw& draw, std::span<const std::uint8_t> valid,
                    std::span<std::uint8_t> hidden) const;

    /// The mean fraction of eligible tokens hidden, over the whole training.
    double mean() const { return (low + (grows ? (low + high) / 2 : high)) / 2; }
};

/// Spans from the argument length: whole steps, or a range of them.
void read_spans(Spec& spec, std::int64_t steps, std::pair<double, double> otherwise,
                Selection& selection);

/// The fraction hidden, from the arguments ratio and grow. Refuses a single number that is to grow.
void read_ratio(Spec& spec, std::pair<double, double> otherwise, Selection& selection);

/// What stands for hidden tokens, from the arguments mask and replace. Refuses shares by which
/// every one would stand there itself.
void read_shares(Spec& spec, double mask, double replace, Selection& selection);

/// The kinds of token that `of` names, "act+obs"; all of obs and act where it is not given.
std::vector<Modality> kinds_of(Spec& spec, const Layout& layout);

/// A selection from the arguments ratio, of and grow, and the objective's role, read-outs (each
/// token at its own row), attention (full) and hidden_asked to go with it. Refuses ratios that hide
/// nothing or everything.
Selection select_tokens(Spec& spec, Objective& objective, std::pair<double, double> ratio);

/// Floor of the number, or one more, so that the mean is the number itself.
std::int64_t round_at_random(double number, Random& random);

/// Marks `needed` of the `left` places of a sequence, every subset equally likely: mark(i) is
/// called for i in rising order. Selection sampling (Knuth, TAOCP 3.4.2, algorithm S).
template <class Mark>
void choose(std::int64_t needed, std::int64_t left, Random& random, const Mark& mark) {
    for (std::int64_t i = 0; needed > 0; ++i, --left) {
        if (random.below(left) >= needed) continue;
        mark(i);
        --needed;
    }
}

}  // namespace mast::mask
