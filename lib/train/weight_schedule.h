// The weight of an objective over the course of a training.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "mask/objective.h"

namespace mast::train {

/// Straight lines between points; the first and the last value hold beyond them. Without points the
/// weight is the objective's own.
struct WeightSchedule {
    std::vector<std::pair<std::int64_t, double>> points;  ///< (step, weight), in order of steps

    /// Weight of step 1, 2, ...
    double at(std::int64_t step, double otherwise) const;
};

/// "STEP:NAME=WEIGHT" for each point; NAME is that of an objective. One schedule for each
/// objective. Throws UsageError.
std::vector<WeightSchedule> read_weight_schedules(const std::vector<std::string>& points,
                                                  const std::vector<mask::Objective>& objectives);

}  // namespace mast::train
