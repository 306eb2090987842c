// A child process that reads what is not to be trusted, and sends what it makes of it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/shared_stream.h"

namespace mast {

struct ChildLimits {
    std::int64_t memory_bytes = std::int64_t{4} << 30U;
    int idle_seconds = 60;  ///< of processor time, without a sign of progress
};

/// Inside of the child.
struct ChildDesk {
    SharedStream& output;
    /// Why calls to the system are not forbidden; empty where they are (see confine()).
    std::optional<std::string> unconfined;
    /// A sign of progress: the child may compute for as long again.
    std::function<void()> progress;
};

/// A copy of this process that runs one function, confined to its inputs and to a stream. Whatever
/// it does, the parent goes on. The child has only one of the parent's threads, and what the others
/// held stays locked: there may be only such as hold nothing that it needs.
class ConfinedChild {
  public:
    /// `inputs` are descriptors above 2 that stay the caller's. `work` must catch what it throws.
    /// Throws IoError where the system starts no more processes.
    ConfinedChild(const std::vector<int>& inputs, const ChildLimits& limits,
                  const std::function<void(const ChildDesk&)>& work);
    /// Ends the child if it still runs.
    ~ConfinedChild();
    ConfinedChild(const ConfinedChild&) = delete;
    ConfinedChild& operator=(const ConfinedChild&) = delete;

    /// What comes from the child.
    SharedStream& output() { return stream_; }
    /// Waits until the child has ended. The signal that ended it, else 0.
    int wait();

  private:
    SharedStream stream_;
    pid_t child_ = -1;
};

}  // namespace mast
