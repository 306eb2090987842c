#include "base/confine.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <memory>

#include "base/sanitizers.h"

namespace mast {

namespace {

using Filter = std::unique_ptr<void, decltype(&seccomp_release)>;

/// Descriptors that are not needed are closed; 0, 1 and 2 lead nowhere.
void close_others(const Confinement& allowed) {
    const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int standard = 0; standard <= 2; ++standard) {
        if (kSanitized && standard == STDERR_FILENO) continue;  // its report is wanted
        if (nowhere < 0 || ::dup2(nowhere, standard) < 0) ::close(standard);
    }
    auto kept = allowed.inputs;
    kept.push_back(allowed.output);
    std::sort(kept.begin(), kept.end());
    unsigned first = STDERR_FILENO + 1;
    for (const int descriptor : kept) {
        const auto here = static_cast<unsigned>(descriptor);
        if (here > first) ::close_range(first, here - 1, 0);
        first = here + 1;
    }
    ::close_range(first, ~0U, 0);
}

/// Bytes of address space that this process has.
rlim_t address_space() {
    std::ifstream statm("/proc/self/statm");
    rlim_t pages = 0;
    statm >> pages;
    return pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
}

void limit(int resource, rlim_t most) {
    rlimit now{};
    ::getrlimit(static_cast<__rlimit_resource_t>(resource), &now);
    now.rlim_cur = std::min(now.rlim_max, most);
    now.rlim_max = now.rlim_cur;
    ::setrlimit(static_cast<__rlimit_resource_t>(resource), &now);
}

void set_limits(const Confinement& allowed) {
    // Where memory runs out after all, this process goes first.
    std::ofstream("/proc/self/oom_score_adj") << 1000;
    limit(RLIMIT_CORE, 0);
    if (!kSanitized) {
        limit(RLIMIT_AS, address_space() + static_cast<rlim_t>(allowed.memory_bytes));
    }
}

scmp_arg_cmp equals(unsigned argument, std::uint64_t value) {
    return {argument, SCMP_CMP_EQ, value, 0};
}
scmp_arg_cmp lacks(unsigned argument, std::uint64_t bits) {
    return {argument, SCMP_CMP_MASKED_EQ, bits, 0};
}

/// Adds to the calls that are allowed; false where the system has no such filter.
bool allow(const Filter& filter, int call, const std::vector<scmp_arg_cmp>& where = {}) {
    return seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, call,
                                  static_cast<unsigned>(where.size()), where.data()) == 0;
}

bool allow_all(const Filter& filter, const Confinement& allowed) {
    bool done = true;
    for (const int input : allowed.inputs) {
        const auto descriptor = static_cast<std::uint64_t>(input);
        for (const int call : {SCMP_SYS(pread64), SCMP_SYS(lseek)})
            done = done && allow(filter, call, {equals(0, descriptor)});
    }
    const auto output = static_cast<std::uint64_t>(allowed.output);
    for (const int call : {SCMP_SYS(write), SCMP_SYS(read)})
        done = done && allow(filter, call, {equals(0, output)});
    // Memory, but none that could be run as code.
    for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)})
        done = done && allow(filter, call, {lacks(2, PROT_EXEC)});
    for (const int call :
         {SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
          SCMP_SYS(getrandom), SCMP_SYS(setitimer), SCMP_SYS(exit_group), SCMP_SYS(exit),
          SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigreturn)}) {
        done = done && allow(filter, call);
    }
    // What an abort needs, so that a library that gives up is seen to have done so.
    for (const int call :
         {SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(getpid), SCMP_SYS(gettid)}) {
        done = done && allow(filter, call);
    }
    const auto self = static_cast<std::uint64_t>(::getpid());
    return done && allow(filter, SCMP_SYS(tgkill), {equals(0, self)});
}

std::optional<std::string> forbid_calls(const Confinement& allowed) {
    const Filter filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)), &seccomp_release);
    if (!filter || !allow_all(filter, allowed)) return "no filter for system calls can be made";
    if (seccomp_load(filter.get()) != 0) return "the system takes no filter for system calls";
    return std::nullopt;
}

}  // namespace

std::optional<std::string> confine(const Confinement& allowed) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT})
        std::signal(number, SIG_IGN);
    std::signal(SIGPROF, SIG_DFL);
    close_others(allowed);
    set_limits(allowed);
    restart_idle_clock(allowed.idle_seconds);
    if (kSanitized) return std::nullopt;
    return forbid_calls(allowed);
}

void restart_idle_clock(int idle_seconds) {
    const itimerval clock{{0, 0}, {idle_seconds, 0}};
    ::setitimer(ITIMER_PROF, &clock, nullptr);
}

Library filter_library() {
    const auto* const found = seccomp_version();
    return {"libseccomp", fmt::format("{}.{}.{}", found->major, found->minor, found->micro)};
}

}  // namespace mast
