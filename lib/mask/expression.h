// A condition over one or two tokens, as a user writes it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/version.h"
#include "mask/layout.h"
#include "mask/spec.h"

namespace mast::mask {

/// What is drawn once for a sample.
struct SampleDraws {
    std::int64_t last = 0;  ///< last valid step
    std::int64_t cut = 0;   ///< a step, uniform over 1 .. last
};

/// "q.kind==obs && k.step<=q.step": numbers, the operators and functions of muParser, and
///
///   q.step q.kind q.token   of the row that looks, or that predicts
///   k.step k.kind k.token   of the token that is looked at, hidden or predicted
///   obs act rew rtg         kinds
///   steps tokens            of the window: T and n
///   last cut                of the sample: its last valid step, and a step drawn from 1 .. last
///   u                       uniform in [0, 1), drawn for each token
///
/// Copies share their state: not for several threads at once.
class Expression {
  public:
    /// Reads spec's `key`. Throws UsageError pointing at the column of a mistake.
    Expression(const Spec& spec, const std::string& key, const std::string& text,
               const Layout& layout, std::int64_t steps);

    /// Whether it depends on what is drawn: last, cut or u.
    bool is_drawn() const;

    /// True where it is neither 0 nor false. Throws UsageError where it is not a number.
    bool operator()(std::int64_t q, std::int64_t k) const;
    bool operator()(std::int64_t k, const SampleDraws& sample, double u) const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

/// muParser.
Library expression_library();

}  // namespace mast::mask
