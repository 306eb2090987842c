#include "train/run_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "base/error.h"

namespace mast::train {

namespace {

/// The number of the process that has the lock, as far as the file tells.
std::string holder(int descriptor) {
    std::string text(32, '\0');
    const auto size = ::pread(descriptor, text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    text.resize(std::min(text.find('\n'), text.size()));
    return text.empty() ? "another process" : "process " + text;
}

}  // namespace

RunLock::RunLock(const std::filesystem::path& folder, const std::filesystem::path& run)
    : descriptor_(::open((folder / ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666)) {
    if (descriptor_ < 0) {
        fail<IoError>(
            "{}: cannot be locked ({}), expected a writable folder (check its permissions)",
            run.string(), std::strerror(errno));
    }
    holds_ = ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0;
    if (!holds_ && errno == EWOULDBLOCK) {
        const auto who = holder(descriptor_);
        ::close(descriptor_);
        fail<IoError>(
            "{}: is being written by {}, expected a run that nobody trains (wait for it, "
            "or stop it)",
            run.string(), who);
    }
    // For people only: the lock holds without it.
    const auto text = fmt::format("{}\n", ::getpid());
    if (::ftruncate(descriptor_, 0) != 0 ||
        ::pwrite(descriptor_, text.data(), text.size(), 0) < 0) {
        return;
    }
}

RunLock::~RunLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

RunLock::RunLock(RunLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      holds_(std::exchange(other.holds_, false)) {}

}  // namespace mast::train
