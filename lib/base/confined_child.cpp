#include "base/confined_child.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/confine.h"
#include "base/error.h"

namespace mast {

namespace {

/// Without what a program does at its end: that belongs to the parent.
[[noreturn]] void run_child(const Confinement& allowed, SharedStream& stream,
                            const std::function<void(const ChildDesk&)>& work) {
    const auto unconfined = confine(allowed);
    try {
        work({stream, unconfined,
              [seconds = allowed.idle_seconds] { restart_idle_clock(seconds); }});
        stream.flush();
    } catch (const SharedStream::Closed&) {
        // Nobody is left to tell.
    }
    ::_exit(0);
}

}  // namespace

ConfinedChild::ConfinedChild(const std::vector<int>& inputs, const ChildLimits& limits,
                             const std::function<void(const ChildDesk&)>& work)
    : child_(::fork()) {
    if (child_ == 0) {
        stream_.keep_sender();
        run_child({inputs, stream_.sender(), limits.memory_bytes, limits.idle_seconds}, stream_,
                  work);
    }
    if (child_ < 0) {
        fail<IoError>(
            "a process for reading cannot be started ({}), expected one more (end others)",
            std::strerror(errno));
    }
    stream_.keep_receiver();
}

ConfinedChild::~ConfinedChild() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    wait();
}

int ConfinedChild::wait() {
    int status = 0;
    while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    child_ = -1;
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

}  // namespace mast
