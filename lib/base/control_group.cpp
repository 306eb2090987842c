#include "base/control_group.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

namespace mast {

namespace fs = std::filesystem;

namespace {

constexpr double kUnlimited = std::numeric_limits<double>::infinity();

/// The number in a file; no limit where there is none, such as "max".
double limit_in(const fs::path& file) {
    std::ifstream in(file);
    double bytes = 0;
    if (!(in >> bytes)) return kUnlimited;
    return bytes;
}

/// The least limit of a group and of all groups around it. Inside a container the group's own path
/// may not be there to see: its limit is then that of the topmost folder.
double least_limit(const fs::path& top, const std::string& group, const char* file) {
    double least = limit_in(top / file);
    const auto inner = fs::path(group).lexically_normal().relative_path();
    fs::path folder = top;
    for (const auto& name : inner) {
        folder /= name;
        least = std::min(least, limit_in(folder / file));
    }
    return least;
}

/// Whether a list such as "cpu,memory" has memory.
bool has_memory(const std::string& controllers) {
    return ("," + controllers + ",").find(",memory,") != std::string::npos;
}

}  // namespace

double group_memory_limit(const fs::path& root) {
    const auto top = root / "sys/fs/cgroup";
    std::ifstream groups(root / "proc/self/cgroup");
    std::string number;
    std::string controllers;
    std::string group;
    double least = kUnlimited;
    while (std::getline(groups, number, ':') && std::getline(groups, controllers, ':') &&
           std::getline(groups, group)) {
        if (controllers.empty()) {
            least = std::min(least, least_limit(top, group, "memory.max"));
        } else if (has_memory(controllers)) {
            least = std::min(least, least_limit(top / "memory", group, "memory.limit_in_bytes"));
        }
    }
    return least;
}

}  // namespace mast
