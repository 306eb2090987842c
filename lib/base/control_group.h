// Limits that a container or a batch system sets for a group of processes (Linux control groups).
#pragma once

#include <filesystem>

namespace mast {

/// Bytes of memory that the control group of this process and those around it may use; infinity
/// where none is limited, or where nothing of it can be read. Both versions of control groups are
/// looked for under `root` (proc/self/cgroup, sys/fs/cgroup), which is "/" but for tests. Source:
/// cgroups(7); cgroup-v2.rst and cgroup-v1/memory.rst in the kernel's documentation.
double group_memory_limit(const std::filesystem::path& root);

}  // namespace mast
