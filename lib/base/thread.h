// Threads that can be done without.
#pragma once

#include <functional>
#include <thread>

namespace mast {

/// Runs body on a thread of its own. Where the system starts no more of them (a limit on processes
/// or on memory) nothing runs and the thread is not joinable: the caller does the work itself.
std::thread try_thread(std::function<void()> body);

}  // namespace mast
