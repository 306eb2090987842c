#include "train/baselines.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace mast::train {

using store::Modality;

namespace {

constexpr double kNoBaseline = std::numeric_limits<double>::quiet_NaN();

/// Columns of a modality as features: one for each class of a discrete one.
std::int64_t width(const window::Channels& channels, Modality modality) {
    return channels[store::index_of(modality)].dim;
}

/// Whether the row that predicts the action of step t may look at the next observation.
bool shows_next(const mask::Objective& objective, std::int64_t t) {
    const auto& layout = objective.layout;
    const auto row = objective.readout[static_cast<std::size_t>(layout.token(t, Modality::act))];
    if (t + 1 >= objective.steps || row == mask::kNoReadout) return false;
    const auto next = layout.token(t + 1, Modality::obs);
    return row == next ||
           objective.attend[static_cast<std::size_t>(row * objective.tokens() + next)] != 0;
}

/// Of a class under these log frequencies, of which those that are not valid leave their part to
/// the others.
double nats(const double* log_frequencies, std::int32_t seen, std::span<const std::uint8_t> may) {
    double valid = may.empty() ? 1.0 : 0.0;
    for (std::size_t k = 0; k < may.size(); ++k)
        valid += may[k] != 0 ? std::exp(log_frequencies[k]) : 0.0;
    return std::log(valid) - log_frequencies[seen];
}

double squared(double value) {
    return value * value;
}

}  // namespace

Baselines::Baselines(const window::Channels& channels, Modality modality,
                     std::function<void()> between)
    : channels_(channels),
      modality_(modality),
      discrete_(channels[store::index_of(modality)].discrete),
      dim_(width(channels, modality)),
      has_linear_(std::max(width(channels, Modality::obs), width(channels, Modality::act)) <=
                  kMostFitColumns),
      between_(std::move(between)),
      mean_(static_cast<std::size_t>(dim_)) {
    const auto add_map = [&](std::int64_t features) {
        if (discrete_) {
            classifiers_.emplace_back(features, dim_);
        } else {
            regressions_.emplace_back(features, dim_);
        }
    };
    const auto obs = width(channels, Modality::obs);
    if (has_linear_ && modality == Modality::act) {
        add_map(1 + 2 * obs);
        add_map(1 + obs);
    } else if (has_linear_) {
        add_map(1 + obs + width(channels, Modality::act));
    }
    if (discrete_ && dim_ <= kMostFitColumns)
        transitions_.assign(static_cast<std::size_t>(dim_ * dim_), 1.0);
}

void Baselines::append(const window::Windows& windows, Modality modality, std::int64_t step,
                       std::vector<double>& features) const {
    const auto& channel = channels_[store::index_of(modality)];
    if (channel.discrete) {
        const auto seen = windows.classes[static_cast<std::size_t>(step)];
        for (std::int64_t k = 0; k < channel.dim; ++k)
            features.push_back(k == seen ? 1.0 : 0.0);
        return;
    }
    const float* values = windows.values[store::index_of(modality)].data() + step * channel.dim;
    for (std::int64_t d = 0; d < channel.dim; ++d) {
        features.push_back(static_cast<double>(values[d]));
    }
}

Baselines::Neighbours Baselines::neighbours(const window::Windows& windows, std::int64_t b,
                                            std::int64_t t, bool next_is_shown,
                                            std::vector<double>& features) const {
    const auto step = b * windows.steps + t;
    features.assign(1, 1.0);
    if (!has_linear_) return Neighbours::none;
    if (modality_ == Modality::obs) {
        if (t == 0) return Neighbours::none;
        append(windows, Modality::obs, step - 1, features);
        append(windows, Modality::act, step - 1, features);
        return Neighbours::all;
    }
    append(windows, Modality::obs, step, features);
    if (modality_ != Modality::act) {
        append(windows, Modality::act, step, features);
        return Neighbours::all;
    }
    if (!next_is_shown || t + 1 >= windows.steps ||
        windows.valid[static_cast<std::size_t>(step + 1)] == 0) {
        return Neighbours::fewer;
    }
    append(windows, Modality::obs, step + 1, features);
    return Neighbours::all;
}

void Baselines::add(const window::Windows& windows) {
    std::vector<double> features;
    for (std::int64_t b = 0; b < windows.batch; ++b) {
        for (std::int64_t t = 0; t < windows.steps; ++t) {
            between_();
            const auto step = b * windows.steps + t;
            if (windows.valid[static_cast<std::size_t>(step)] == 0) continue;
            const auto which = neighbours(windows, b, t, true, features);
            ++count_;
            if (discrete_) {
                add_class(windows, step, t, which, features);
            } else {
                add_values(windows, step, which, features);
            }
        }
    }
}

std::span<const double> Baselines::fewer(std::span<const double> features) const {
    return features.first(static_cast<std::size_t>(1 + width(channels_, Modality::obs)));
}

void Baselines::add_class(const window::Windows& windows, std::int64_t step, std::int64_t t,
                          Neighbours which, std::span<const double> features) {
    const auto seen = windows.classes[static_cast<std::size_t>(step)];
    mean_[static_cast<std::size_t>(seen)] += 1;
    if (t > 0 && !transitions_.empty()) {
        const auto before = windows.classes[static_cast<std::size_t>(step - 1)];
        transitions_[static_cast<std::size_t>(before * dim_ + seen)] += 1;
    }
    const auto may = windows.valid_classes(step);
    if (which == Neighbours::none) return;
    if (which == Neighbours::all) classifiers_[0].add(features, seen, may);
    // A step with all neighbours teaches the map with fewer as well.
    classifiers_[1].add(fewer(features), seen, may);
}

void Baselines::add_values(const window::Windows& windows, std::int64_t step, Neighbours which,
                           std::span<const double> features) {
    const float* from = windows.values[store::index_of(modality_)].data() + step * dim_;
    const std::span target(from, static_cast<std::size_t>(dim_));
    for (std::size_t d = 0; d < mean_.size(); ++d)
        mean_[d] += static_cast<double>(target[d]);
    if (which == Neighbours::none) return;
    if (which == Neighbours::all) regressions_[0].add(features, target);
    if (modality_ == Modality::act) regressions_[1].add(fewer(features), target);
}

void Baselines::solve() {
    if (discrete_) {
        to_log_frequencies();
    } else {
        for (auto& value : mean_)
            value /= static_cast<double>(std::max<std::int64_t>(1, count_));
    }
    for (auto& regression : regressions_)
        regression.solve(between_);
    for (auto& classifier : classifiers_)
        classifier.solve(between_);
}

void Baselines::to_log_frequencies() {
    const auto total = static_cast<double>(count_ + dim_);
    for (auto& value : mean_)
        value = std::log((value + 1) / total);
    if (transitions_.empty()) return;
    for (std::int64_t before = 0; before < dim_; ++before) {
        const auto row =
            std::span(transitions_)
                .subspan(static_cast<std::size_t>(before * dim_), static_cast<std::size_t>(dim_));
        const double sum = std::accumulate(row.begin(), row.end(), 0.0);
        for (auto& value : row)
            value = std::log(value / sum);
    }
}

double Baselines::linear_error(const window::Windows& windows, std::int64_t step, Neighbours which,
                               std::span<const double> features) const {
    if (!has_linear_) return kNoBaseline;
    const std::size_t map = which == Neighbours::all ? 0 : 1;
    if (discrete_) {
        const auto seen = windows.classes[static_cast<std::size_t>(step)];
        return classifiers_[map].loss(features, seen, windows.valid_classes(step));
    }
    const float* target = windows.values[store::index_of(modality_)].data() + step * dim_;
    std::vector<double> prediction = mean_;
    if (which != Neighbours::none) regressions_[map].predict(features, prediction);
    double error = 0;
    for (std::size_t d = 0; d < prediction.size(); ++d) {
        error += squared(prediction[d] - static_cast<double>(target[d]));
    }
    return error;
}

void Baselines::score_target(const window::Windows& windows, std::int64_t step, std::int64_t t,
                             BaselineSums& sums) const {
    if (discrete_) {
        const auto seen = windows.classes[static_cast<std::size_t>(step)];
        const auto may = windows.valid_classes(step);
        const double frequency = nats(mean_.data(), seen, may);
        sums.mean += frequency;
        if (transitions_.empty()) {
            sums.last = kNoBaseline;
        } else if (t == 0) {
            sums.last += frequency;
        } else {
            const auto before = windows.classes[static_cast<std::size_t>(step - 1)];
            sums.last += nats(transitions_.data() + before * dim_, seen, may);
        }
        return;
    }
    const float* here = windows.values[store::index_of(modality_)].data() + step * dim_;
    for (std::int64_t d = 0; d < dim_; ++d) {
        const auto value = static_cast<double>(here[d]);
        const double mean = mean_[static_cast<std::size_t>(d)];
        const double before = t == 0 ? mean : static_cast<double>(here[d - dim_]);
        sums.mean += squared(value - mean);
        sums.last += squared(value - before);
    }
}

BaselineSums Baselines::score(const window::Windows& windows, const mask::Objective& objective,
                              std::span<const std::uint8_t> predict,
                              std::span<const std::uint8_t> hidden) const {
    BaselineSums sums;
    std::vector<double> features;
    const auto n = objective.tokens();
    const auto shown = [&](std::int64_t b, std::int64_t t, Modality modality) {
        if (hidden.empty() || t < 0 || t >= windows.steps) return true;
        return hidden[static_cast<std::size_t>(b * n + objective.layout.token(t, modality))] ==
               mask::kVisible;
    };
    for (std::int64_t t = 0; t < windows.steps; ++t) {
        between_();
        const bool next = modality_ == Modality::act && shows_next(objective, t);
        for (std::int64_t b = 0; b < windows.batch; ++b) {
            const auto token = b * n + objective.layout.token(t, modality_);
            if (predict[static_cast<std::size_t>(token)] == 0) continue;
            const auto step = b * windows.steps + t;
            const auto which =
                neighbours(windows, b, t, next && shown(b, t + 1, Modality::obs), features);
            sums.linear += linear_error(windows, step, which, features);
            score_target(windows, step, t, sums);
        }
    }
    return sums;
}

}  // namespace mast::train
