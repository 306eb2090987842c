#include "store/temporary.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

namespace mast::store {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kEnding = ".tmp";

std::string beginning_of(const fs::path& target) {
    return fmt::format(".{}.", target.filename().string());
}

/// "PROCESS.NUMBER" between a beginning and the ending; other hidden files are somebody else's.
bool is_temporary(std::string_view name, std::string_view beginning) {
    if (name.size() <= beginning.size() + kEnding.size() || !name.starts_with(beginning) ||
        !name.ends_with(kEnding)) {
        return false;
    }
    name.remove_prefix(beginning.size());
    name.remove_suffix(kEnding.size());
    return name.find_first_not_of(".0123456789") == std::string_view::npos &&
           std::count(name.begin(), name.end(), '.') == 1;
}

/// 0 or the system's error. A lock of the open file: it goes when the last descriptor of it does.
/// Not flock, which HDF5 takes of the files that it opens.
int lock(int descriptor, short kind) {
    struct flock whole {};
    whole.l_type = kind;
    whole.l_whence = SEEK_SET;
    return ::fcntl(descriptor, F_OFD_SETLK, &whole) == 0 ? 0 : errno;
}

bool is_named(int descriptor, const fs::path& path) {
    struct stat opened {};
    struct stat named {};
    return ::fstat(descriptor, &opened) == 0 && ::lstat(path.c_str(), &named) == 0 &&
           S_ISREG(named.st_mode) && opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

void remove_if_left(const fs::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0) return;
    // Looked at once it is locked: until then its process may have given it its final name and made
    // another one.
    if (lock(descriptor, F_WRLCK) == 0 && is_named(descriptor, path)) ::unlink(path.c_str());
    ::close(descriptor);
}

}  // namespace

fs::path temporary_path(const fs::path& target, int number) {
    return target.parent_path() /
           fmt::format("{}{}.{}{}", beginning_of(target), ::getpid(), number, kEnding);
}

std::vector<fs::path> temporaries_of(const fs::path& target) {
    std::vector<fs::path> found;
    const auto folder = target.parent_path();
    const auto beginning = beginning_of(target);
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, ignored)) {
        const auto name = entry.path().filename().string();
        if (is_temporary(name, beginning)) found.push_back(folder / name);
    }
    return found;
}

bool hold(int descriptor, const fs::path& path) {
    const int error = lock(descriptor, F_RDLCK);
    if (error == EAGAIN || error == EACCES) return false;
    return error != 0 || is_named(descriptor, path);
}

void remove_leftovers(const fs::path& target) {
    for (const auto& path : temporaries_of(target))
        remove_if_left(path);
}

}  // namespace mast::store
