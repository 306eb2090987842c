#include "train/append_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace mast::train {

AppendFile::AppendFile(const std::filesystem::path& path)
    : name_(path.string()),
      descriptor_(::open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0666)) {
    if (descriptor_ < 0) failed();
}

AppendFile::~AppendFile() {
    ::close(descriptor_);
}

void AppendFile::failed() const {
    fail<IoError>("{}: cannot be written ({}), expected a disk with room (free some space)", name_,
                  std::strerror(errno));
}

void AppendFile::append(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(descriptor_, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) failed();
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

void AppendFile::cut(std::int64_t bytes) {
    if (::ftruncate(descriptor_, bytes) != 0) failed();
}

void AppendFile::sync() {
    if (::fsync(descriptor_) != 0) failed();
}

}  // namespace mast::train
