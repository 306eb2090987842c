#include "apply/probe.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <optional>
#include <span>

#include "apply/embed.h"
#include "mask/leak.h"
#include "mask/representation.h"
#include "train/least_squares.h"
#include "train/softmax_regression.h"
#include "window/loader.h"

namespace mast::apply {

using store::Modality;

namespace {

constexpr std::array kProbed{Modality::act, Modality::rew, Modality::rtg};

/// Targets of this modality, each at the row of its step's observation.
mask::Objective read_at_observation(const mask::Objective& objective, Modality modality) {
    auto all = mask::representation(objective);
    std::fill(all.readout.begin(), all.readout.end(), mask::kNoReadout);
    for (std::int64_t t = 0; t < all.steps; ++t) {
        all.readout[static_cast<std::size_t>(all.layout.token(t, modality))] =
            all.layout.token(t, Modality::obs);
    }
    return all;
}

/// Whether the row of some observation can know this modality of its own step.
bool sees(const mask::Objective& objective, Modality modality, std::int64_t layers) {
    return objective.layout.has(modality) &&
           !mask::find_leaks(read_at_observation(objective, modality), layers).empty();
}

/// One linear map, and its running score.
class Probe {
  public:
    Probe(Modality modality, const window::Channel& channel, std::int64_t features)
        : modality_(modality),
          dim_(channel.dim),
          most_rows_(channel.discrete ? train::SoftmaxRegression::most_rows(features, dim_)
                                      : train::enough_rows(features)) {
        if (channel.discrete) {
            classifier_.emplace(features, dim_);
        } else {
            regression_.emplace(features, dim_);
        }
    }

    void add(std::span<const double> features, const window::Windows& windows, std::size_t row) {
        if (classifier_) {
            classifier_->add(features, windows.classes[row],
                             windows.valid_classes(static_cast<std::int64_t>(row)));
        } else {
            regression_->add(features, target(windows, row));
        }
    }
    void solve(const std::function<void()>& between) {
        if (classifier_) classifier_->solve(between);
        if (regression_) regression_->solve(between);
    }
    void score(std::span<const double> features, const window::Windows& windows, std::size_t row) {
        if (classifier_) {
            sum_ += classifier_->loss(features, windows.classes[row],
                                      windows.valid_classes(static_cast<std::int64_t>(row)));
            ++count_;
            return;
        }
        const auto truth = target(windows, row);
        predicted_.resize(truth.size());
        regression_->predict(features, predicted_);
        for (std::size_t d = 0; d < truth.size(); ++d) {
            const double error = predicted_[d] - static_cast<double>(truth[d]);
            sum_ += error * error;
        }
        count_ += dim_;
    }
    double loss() const { return sum_ / static_cast<double>(count_); }
    std::int64_t count() const { return count_; }
    /// That it can be fitted to.
    std::int64_t most_rows() const { return most_rows_; }

  private:
    std::span<const float> target(const window::Windows& windows, std::size_t row) const {
        const auto dim = static_cast<std::size_t>(dim_);
        return std::span(windows.values[store::index_of(modality_)]).subspan(row * dim, dim);
    }

    Modality modality_;
    std::int64_t dim_;
    std::int64_t most_rows_;
    std::optional<train::LeastSquares> regression_;
    std::optional<train::SoftmaxRegression> classifier_;
    std::vector<double> predicted_;
    double sum_ = 0;
    std::int64_t count_ = 0;
};

/// The same target from the constant alone, from the observation, if it is not too wide, and from
/// the representation.
struct Probes {
    Probes(Modality modality, const window::Channels& channels, std::int64_t width)
        : target(modality),
          constant(modality, channels[store::index_of(modality)], 1),
          representation(modality, channels[store::index_of(modality)], 1 + width) {
        const auto columns = channels[store::index_of(Modality::obs)].dim;
        if (columns <= train::kMostFitColumns)
            observation.emplace(modality, channels[store::index_of(modality)], 1 + columns);
    }

    void solve(const std::function<void()>& between) {
        constant.solve(between);
        if (observation) observation->solve(between);
        representation.solve(between);
    }
    /// That all three can be fitted to.
    std::int64_t most_rows() const {
        const auto both = std::min(constant.most_rows(), representation.most_rows());
        return observation ? std::min(both, observation->most_rows()) : both;
    }

    Modality target;
    Probe constant;
    std::optional<Probe> observation;
    Probe representation;
};

/// The constant 1, and values behind it.
void set_features(std::span<const float> values, std::vector<double>& features) {
    features.assign(1, 1.0);
    features.insert(features.end(), values.begin(), values.end());
}

/// Calls visit(probe, features, row) for each step and each of the maps of all targets.
template <class Visit>
void for_each_step(const Represented& steps, std::vector<Probes>& all, Visit visit) {
    const auto& windows = steps.windows;
    const auto width = steps.rows.size() / static_cast<std::size_t>(steps.count);
    const auto m = store::index_of(Modality::obs);
    const auto dim = static_cast<std::size_t>(windows.channels[m].dim);
    std::vector<double> seen;
    std::vector<double> represented;
    for (std::int64_t i = 0; i < steps.count; ++i) {
        const auto row = static_cast<std::size_t>(steps.sample * windows.steps + steps.first + i);
        set_features(std::span(windows.values[m]).subspan(row * dim, dim), seen);
        set_features(steps.rows.subspan(static_cast<std::size_t>(i) * width, width), represented);
        for (auto& probes : all) {
            visit(probes.constant, std::span<const double>(represented).first(1), row);
            if (probes.observation) visit(*probes.observation, std::span<const double>(seen), row);
            visit(probes.representation, std::span<const double>(represented), row);
        }
    }
}

bool varies(const store::TrajectoryReader& store, Modality modality) {
    const auto& std = store.statistics(modality).std;
    return std.empty() || std::any_of(std.begin(), std.end(), [](double s) { return s > 0; });
}

}  // namespace

std::vector<train::Score> probe(model::Transformer& model, const store::TrajectoryReader& store,
                                const mask::Objective& objective, const window::Scaler& scaler,
                                const ProbeOptions& options) {
    const auto& config = model.config();
    const auto all_scaled = scaler.filled_by(store);
    const auto load = [&](store::Split split) {
        return window::Loader(store, split, objective.steps, store::kModalities, 0, {all_scaled});
    };
    auto fitted = load(store::Split::train);
    std::vector<Probes> all;
    for (const auto modality : kProbed) {
        if (sees(objective, modality, config.layers) || !varies(store, modality)) continue;
        all.emplace_back(modality, fitted.channels(), config.width);
    }
    const auto most = std::accumulate(
        all.begin(), all.end(), options.most,
        [](std::int64_t least, const auto& probes) { return std::min(least, probes.most_rows()); });
    represent(model, fitted, objective, {most, options.progress}, [&](const Represented& steps) {
        options.between();
        for_each_step(steps, all, [&](auto& probe, auto features, std::size_t row) {
            probe.add(features, steps.windows, row);
        });
    });
    for (auto& probes : all)
        probes.solve(options.between);
    auto scored = load(options.split);
    represent(model, scored, objective, {0, options.progress}, [&](const Represented& steps) {
        options.between();
        for_each_step(steps, all, [&](auto& probe, auto features, std::size_t row) {
            probe.score(features, steps.windows, row);
        });
    });
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    std::vector<train::Score> scores;
    for (const auto& probes : all) {
        scores.push_back({"probe:" + objective.name,
                          probes.target,
                          probes.representation.loss(),
                          probes.constant.loss(),
                          kNone,
                          probes.observation ? probes.observation->loss() : kNone,
                          probes.representation.count(),
                          {}});
    }
    return scores;
}

}  // namespace mast::apply
