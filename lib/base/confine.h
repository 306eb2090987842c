// Takes from a process what it does not need, so that damaged or hostile input cannot use it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/version.h"

namespace mast {

/// What stays allowed.
struct Confinement {
    std::vector<int> inputs;        ///< descriptors that may be read, from any place
    int output = -1;                ///< descriptor that may be written and read
    std::int64_t memory_bytes = 0;  ///< on top of what the process has
    int idle_seconds = 0;           ///< of computing without restart_idle_clock()
};

/// For a process that has one thread. From here on it can read its inputs, write its output,
/// compute, take memory up to the limit and end, and nothing else: other descriptors are closed and
/// all other calls to the system fail. It goes when its parent goes, and it ignores the signals by
/// which people stop a program, for its parent answers those.
///
/// Returns why the calls could not be forbidden, where the system does not know how or does not
/// allow it; all the rest holds even then. Programs built with a sanitizer, which needs other calls
/// and much address space, keep both and return nothing.
std::optional<std::string> confine(const Confinement& allowed);

/// Lets a confined process compute for another idle_seconds of processor time. When they are over
/// SIGPROF ends it. Time that it waits for the disk does not count.
void restart_idle_clock(int idle_seconds);

/// libseccomp.
Library filter_library();

}  // namespace mast
