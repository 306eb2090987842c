// What can be predicted without learning a network: the mean, the last value, a linear map.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "mask/batch.h"
#include "train/least_squares.h"
#include "train/softmax_regression.h"

namespace mast::train {

/// Sums over predicted elements: squared errors, or nats of cross entropy for classes; nan of a
/// baseline that there is none of.
struct BaselineSums {
    double mean = 0;
    double last = 0;
    double linear = 0;
};

/// Baselines of one modality, fitted on windows of the train split, which should come in an order
/// that is drawn: of wide rows only the first are fitted (enough_rows(),
/// SoftmaxRegression::most_rows()).
///
/// mean    the train split's mean, or its class frequencies
/// last    the value one step before in the window (the mean at its first step); for classes, the
///         frequencies of a class after the one before it, each count one more than seen
/// linear  least squares, or softmax regression for classes, from the values next to the target:
///         o_t and o_t+1 for an action, o_t alone at the window's last step and where the objective
///         does not let the row of the target look at o_t+1; o_t-1 and a_t-1 for an observation,
///         the mean at the window's first step; o_t and a_t for a reward or a return-to-go
///
/// There is no linear map where observations or actions have more than kMostFitColumns columns or
/// classes, and no last value of so many classes.
///
/// Classes that the data call invalid at a step get no probability from any of them.
///
/// For an action whose o_t+1 is hidden from the model, the linear map goes by o_t alone. Other
/// hidden neighbours and hidden last values are seen all the same: such baselines are too good,
/// never too bad.
class Baselines {
  public:
    /// `between` is called now and then while there is work and may throw to stop.
    Baselines(
        const window::Channels& channels, store::Modality modality,
        std::function<void()> between = [] {});

    /// Learns from all valid steps of the windows.
    void add(const window::Windows& windows);
    void solve();

    /// Scores the targets of this modality: predict and hidden (B, n) of the objective's view;
    /// hidden empty: nothing is.
    BaselineSums score(const window::Windows& windows, const mask::Objective& objective,
                       std::span<const std::uint8_t> predict,
                       std::span<const std::uint8_t> hidden = {}) const;

  private:
    /// Which linear map fits a step: the one with all neighbours, that with fewer, which actions
    /// alone have, or none.
    enum class Neighbours : std::uint8_t { all, fewer, none };
    Neighbours neighbours(const window::Windows& windows, std::int64_t b, std::int64_t t,
                          bool next_is_shown, std::vector<double>& features) const;
    void score_target(const window::Windows& windows, std::int64_t step, std::int64_t t,
                      BaselineSums& sums) const;
    /// The constant and o_t of all neighbours of an action.
    std::span<const double> fewer(std::span<const double> features) const;
    void add_class(const window::Windows& windows, std::int64_t step, std::int64_t t,
                   Neighbours which, std::span<const double> features);
    void add_values(const window::Windows& windows, std::int64_t step, Neighbours which,
                    std::span<const double> features);
    void to_log_frequencies();
    void append(const window::Windows& windows, store::Modality modality, std::int64_t step,
                std::vector<double>& features) const;
    double linear_error(const window::Windows& windows, std::int64_t step, Neighbours which,
                        std::span<const double> features) const;

    window::Channels channels_;
    store::Modality modality_;
    bool discrete_;
    std::int64_t dim_;
    bool has_linear_;
    std::function<void()> between_;
    std::vector<double> mean_;  ///< (D), or log frequencies of classes
    std::int64_t count_ = 0;
    std::vector<double> transitions_;        ///< (K, K) counts, then log frequencies, or empty
    std::vector<LeastSquares> regressions_;  ///< with all neighbours, with fewer
    std::vector<SoftmaxRegression> classifiers_;
};

}  // namespace mast::train
