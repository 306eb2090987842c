#include "mast/memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

#include "base/error.h"
#include "model/memory.h"

namespace mast::cli {

namespace {

constexpr double kUnknown = std::numeric_limits<double>::infinity();

/// Memory that can be had without swapping, as the kernel estimates it.
double available_bytes() {
    std::ifstream in("/proc/meminfo");
    std::string name;
    double kib = 0;
    std::string unit;
    while (in >> name >> kib && std::getline(in, unit)) {
        if (name == "MemAvailable:") return kib * 1024;
    }
    return kUnknown;
}

/// The limit that a container or a batch system set for all of its processes.
double group_limit_bytes() {
    std::ifstream in("/sys/fs/cgroup/memory.max");
    double bytes = 0;
    return in >> bytes ? bytes : kUnknown;  // "max": none
}

}  // namespace

void check_memory(const model::ModelConfig& config, const StepSize& step) {
    const double network = model::training_bytes(config, step.batch);
    const double windows = static_cast<double>(step.batch) * static_cast<double>(step.accumulate);
    const double batches = model::batch_bytes(config, windows, step.objectives);
    const double needed = network + batches;
    const double had = std::min(available_bytes(), group_limit_bytes());
    if (needed <= had) return;
    constexpr double kGb = 1e9;
    fail<Error>(
        "memory: the training needs {:.1f} GB, expected at most the {:.1f} GB to be had (use {})",
        needed / kGb, had / kGb,
        batches > network ? "a smaller --batch-size or --accumulate"
                          : "fewer --layers, a smaller --width or --context");
}

}  // namespace mast::cli
