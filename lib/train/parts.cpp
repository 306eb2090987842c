#include "train/parts.h"

#include <algorithm>

#include "base/error.h"

namespace mast::train {

namespace {

bool mixes_samples(const mask::Objective& objective) {
    return objective.replaces || objective.aim == mask::Aim::contrast;
}

}  // namespace

bool needs_whole_batches(const std::vector<mask::Objective>& objectives) {
    return std::any_of(objectives.begin(), objectives.end(), mixes_samples);
}

std::vector<Part> parts_of(std::int64_t batches, std::int64_t batch_size, bool whole,
                           const Processes& processes) {
    const std::int64_t unit = whole ? batch_size : 1;
    const auto units = batches * batch_size / unit;
    const auto begin = units * processes.rank() / processes.count() * unit;
    const auto end = units * (processes.rank() + 1) / processes.count() * unit;
    std::vector<Part> parts;
    for (auto at = begin; at < end;) {
        const auto batch = at / batch_size;
        const auto count = std::min(end, (batch + 1) * batch_size) - at;
        parts.push_back({batch, at % batch_size, count});
        at += count;
    }
    return parts;
}

void check_parts(std::int64_t batches, std::int64_t batch_size,
                 const std::vector<mask::Objective>& objectives, const Processes& processes) {
    const auto mixing = std::find_if(objectives.begin(), objectives.end(), mixes_samples);
    if (mixing != objectives.end() && batches < processes.count()) {
        fail<UsageError>(
            "--accumulate: is {}, but {} mixes the samples of a batch, which so stays in one "
            "process; expected at least {}, one batch for each process (use a larger --accumulate "
            "with a smaller --batch-size)",
            batches, mixing->name, processes.count());
    }
    if (batches * batch_size < processes.count()) {
        fail<UsageError>(
            "--batch-size: a step has {} windows for {} processes, expected at least one for each "
            "(use a larger --batch-size, or fewer processes)",
            batches * batch_size, processes.count());
    }
}

}  // namespace mast::train
