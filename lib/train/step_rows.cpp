#include "train/step_rows.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace mast::train {

using store::Modality;

namespace {

/// Numbers in a block: 16 MiB of doubles, or what one row needs.
constexpr std::int64_t kBlockValues = std::int64_t{1} << 21U;
constexpr std::int64_t kMostBlockSteps = 1024;

}  // namespace

StepReader::StepReader(const store::TrajectoryReader& store, std::int64_t stride)
    : store_(store),
      stride_(stride),
      block_(std::clamp<std::int64_t>(kBlockValues / (store.spec().obs_dim + store.spec().act_dim),
                                      1, kMostBlockSteps)) {}

std::int64_t StepReader::steps() const {
    std::int64_t steps = 0;
    for (const auto& episode : store_.episodes()) {
        if (episode.split == store::Split::train) steps += episode.length;
    }
    return steps;
}

void StepReader::for_each(const std::function<void(const StepRows&)>& visit) {
    std::int64_t number = 0;
    for (const auto& episode : store_.episodes()) {
        if (episode.split != store::Split::train) continue;
        for (std::int64_t t = 0; t < episode.length; t += block_) {
            if (number++ % stride_ != 0) continue;
            read_block(episode, episode.start + t, std::min(block_, episode.length - t));
            visit(rows_);
        }
    }
}

void StepReader::read_block(const store::Episode& episode, std::int64_t first, std::int64_t count) {
    const bool at_end = first + count == episode.start + episode.length;
    rows_.steps = count;
    rows_.pairs = at_end ? count - 1 : count;
    read_values(Modality::obs, first, at_end ? count : count + 1, rows_.obs);
    standardise(Modality::obs, rows_.obs);
    read_actions(first, count);
    read_rewards(first, count, at_end);
}

void StepReader::read_values(Modality modality, std::int64_t first, std::int64_t count,
                             std::vector<double>& out) {
    const auto dim = store_.dim(modality);
    values_.resize(static_cast<std::size_t>(count * dim));
    store_.read(modality, first, count, values_);
    const auto bad = std::find_if(values_.begin(), values_.end(),
                                  [](float value) { return !std::isfinite(value); });
    if (bad != values_.end()) {
        const auto at = bad - values_.begin();
        fail<DataError>(
            "{}: /{} has {} at row {}, column {}, expected finite numbers (see mast verify)",
            store_.path().string(), store::name_of(modality), *bad, first + at / dim, at % dim);
    }
    out.assign(values_.begin(), values_.end());
}

void StepReader::read_actions(std::int64_t first, std::int64_t count) {
    if (store_.spec().action_kind == store::ActionKind::continuous) {
        read_values(Modality::act, first, count, rows_.act);
        standardise(Modality::act, rows_.act);
        return;
    }
    const auto kinds = store_.spec().act_dim;
    classes_.resize(static_cast<std::size_t>(count));
    store_.read_classes(first, count, classes_);
    rows_.act.assign(static_cast<std::size_t>(count * kinds), 0.0);
    for (std::int64_t t = 0; t < count; ++t) {
        rows_.act[static_cast<std::size_t>(t * kinds + classes_[static_cast<std::size_t>(t)])] = 1;
    }
}

void StepReader::read_rewards(std::int64_t first, std::int64_t count, bool at_end) {
    read_values(Modality::rew, first, count, rows_.rew);
    standardise(Modality::rew, rows_.rew);
    auto& returns = rows_.rew_by_returns;
    read_values(Modality::rtg, first, at_end ? count : count + 1, returns);
    if (at_end) returns.push_back(0);
    for (std::size_t t = 0; t + 1 < returns.size(); ++t)
        returns[t] -= store_.spec().discount * returns[t + 1];
    returns.pop_back();
    standardise(Modality::rew, returns);
}

void StepReader::standardise(Modality modality, std::vector<double>& values) const {
    const auto& statistics = store_.statistics(modality);
    const auto columns = statistics.mean.size();
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto c = i % columns;
        const bool varies = statistics.max[c] > statistics.min[c] && statistics.std[c] > 0;
        const double scale = varies ? statistics.std[c] : 1.0;
        values[i] = (values[i] - statistics.mean[c]) / scale;
    }
}

}  // namespace mast::train
