#include "mast/memory.h"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <string>

#include "base/control_group.h"
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

/// What ulimit -v leaves to this process.
double address_space_bytes() {
    rlimit limit{};
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kUnknown;
    return static_cast<double>(limit.rlim_cur);
}

}  // namespace

void check_memory(std::string_view work, double needed, std::string_view advice,
                  std::int64_t processes) {
    const auto here = static_cast<double>(processes);
    const double had =
        std::min({available_bytes() / here, group_memory_limit("/") / here, address_space_bytes()});
    if (needed <= had) return;
    // Need rounded up and room rounded down: the first always reads as the larger one.
    constexpr double kTenthGb = 1e8;
    fail<Error>("memory: {} needs {:.1f} GB, expected at most the {:.1f} GB to be had (use {})",
                work, std::ceil(needed / kTenthGb) / 10, std::floor(had / kTenthGb) / 10, advice);
}

void check_memory(const model::ModelConfig& config, compute::Precision precision,
                  const train::BatchSource& source, std::int64_t accumulate,
                  const train::Processes& processes) {
    const auto all = source.batch_size() * accumulate;
    const auto part = (all + processes.count() - 1) / processes.count();
    const auto batch = std::min(source.batch_size(), part);
    const double network = model::training_bytes(config, precision, batch);
    const double batches = mask::batch_bytes(source.channels(), source.objectives(), part);
    check_memory("the training", network + batches,
                 batches <= network ? "fewer --layers, a smaller --width, --context or --batch-size"
                 : accumulate > 1   ? "a smaller --batch-size or --accumulate"
                                    : "a smaller --batch-size",
                 processes.on_this_machine());
}

}  // namespace mast::cli
