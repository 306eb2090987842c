#include "train/weight_schedule.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "base/error.h"
#include "base/suggest.h"

namespace mast::train {

namespace {

template <class T>
bool parse(std::string_view text, T& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

std::size_t find_objective(std::string_view name, const std::vector<mask::Objective>& objectives) {
    std::vector<std::string_view> known;
    for (std::size_t i = 0; i < objectives.size(); ++i) {
        if (objectives[i].name == name) return i;
        known.emplace_back(objectives[i].name);
    }
    fail<UsageError>("--schedule: \"{}\" is none of the objectives, expected {}{}", name,
                     fmt::join(known, " or "), did_you_mean(std::string(name), known));
}

}  // namespace

double WeightSchedule::at(std::int64_t step, double otherwise) const {
    if (points.empty()) return otherwise;
    const auto after = std::upper_bound(points.begin(), points.end(), step,
                                        [](auto s, const auto& point) { return s < point.first; });
    if (after == points.begin()) return points.front().second;
    if (after == points.end()) return points.back().second;
    const auto before = after - 1;
    const double share = static_cast<double>(step - before->first) /
                         static_cast<double>(after->first - before->first);
    return before->second + share * (after->second - before->second);
}

std::vector<WeightSchedule> read_weight_schedules(const std::vector<std::string>& points,
                                                  const std::vector<mask::Objective>& objectives) {
    std::vector<WeightSchedule> schedules(objectives.size());
    for (const auto& text : points) {
        // A name may hold : and = itself, so that the first and the last count.
        const auto colon = text.find(':');
        const auto equals = text.rfind('=');
        std::int64_t step = 0;
        double weight = 0;
        if (colon == std::string::npos || equals == std::string::npos || equals < colon ||
            !parse(std::string_view(text).substr(0, colon), step) || step < 0 ||
            !parse(std::string_view(text).substr(equals + 1), weight) || !(weight >= 0) ||
            !std::isfinite(weight)) {
            fail<UsageError>(
                "--schedule: \"{}\" is not STEP:NAME=WEIGHT, expected e.g. 1000:inverse=0.5", text);
        }
        const auto name = std::string_view(text).substr(colon + 1, equals - colon - 1);
        auto& schedule = schedules[find_objective(name, objectives)].points;
        const auto same = [&](const auto& point) { return point.first == step; };
        if (std::any_of(schedule.begin(), schedule.end(), same)) {
            fail<UsageError>("--schedule: {} has two weights at step {}, expected one", name, step);
        }
        schedule.emplace_back(step, weight);
        std::sort(schedule.begin(), schedule.end());
    }
    return schedules;
}

}  // namespace mast::train
