// A trained network as a policy: observations in, actions out, with the episode's past as context.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/decoder.h"
#include "train/run_folder.h"

namespace mast::apply {

/// What is known at a step before its action, in the data's own units.
struct Observed {
    std::span<const float> obs;     ///< (Do)
    std::optional<double> reward;   ///< of the action before
    std::optional<double> rtg;      ///< the return asked for from here on
    std::vector<std::uint8_t> may;  ///< (K) classes that are valid; empty: all
};

/// In the data's own units.
struct Action {
    std::vector<float> values;  ///< (Da); empty where actions are classes
    std::int32_t number = 0;    ///< the class
    bool clipped = false;       ///< taken back to the range of what was recorded
};

/// Acts in one episode after another: the mean of continuous actions, the likeliest class. Its
/// context are the last T steps. A return asked for is counted down as in the Decision Transformer
/// (Chen et al. 2021, section 3), R_t+1 = (R_t - r_t) / discount. Actions beyond those that were
/// recorded are clipped: nothing is known there.
class Policy {
  public:
    /// The run must outlive this. name: of the run, for messages. Throws UsageError if the run has
    /// no head `policy`, reads of a step what is known only after its action, or was trained to
    /// read actions otherwise than the objective `policy` does.
    Policy(train::Run& run, const std::string& name, std::optional<double> return_asked);

    /// The next observation is the first of an episode. rtg: else the return that the policy was
    /// made with.
    void reset(std::optional<double> rtg = std::nullopt);
    /// Throws DataError if something is missing or does not fit; the episode is as before then.
    Action act(const Observed& observed);

  private:
    void check(const Observed& observed) const;
    void check_rewards(const Observed& observed) const;
    double next_return(const Observed& observed) const;
    void check_scale(std::string_view what, store::Modality modality,
                     std::span<const float> values);
    void push(store::Modality modality, std::span<const float> values);
    void finish_step(std::optional<double> reward);
    void begin_step(std::span<const float> obs);
    Action decide(std::span<const std::uint8_t> may);
    Action decide_class(std::span<const std::uint8_t> may) const;
    Action decide_values() const;

    train::Run& run_;
    model::Decoder decoder_;
    std::size_t head_;
    std::optional<double> return_asked_;
    std::optional<double> rtg_;  ///< of the step under way, or what reset() was told
    bool begun_ = false;         ///< whether the episode has a step
    Action last_;
    std::vector<float> output_;  ///< of the head
    std::vector<float> scaled_;
};

}  // namespace mast::apply
