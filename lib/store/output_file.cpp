#include "store/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace mast::store {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void refuse_existing(const fs::path& target) {
    fail<IoError>("{}: already exists, expected a new name (use --overwrite to replace it)",
                  target.string());
}

fs::path folder_of(const fs::path& target) {
    const auto folder = target.parent_path();
    return folder.empty() ? fs::path(".") : folder;
}

void sync(const fs::path& path, int flags, const fs::path& target) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
    const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
    const int error = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (!synced) {
        fail<IoError>(
            "{}: cannot be put on disk ({}), expected a writable disk with room (free some "
            "space)",
            target.string(), std::strerror(error));
    }
}

/// Room for a file of that many bytes; 0 or the system's error.
int set_aside(const fs::path& path, std::int64_t bytes) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) return errno;
    int error = 0;
    // A signal may break it off: whoever caught it decides whether to stop.
    do {
        error = ::fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, bytes) == 0 ? 0 : errno;
    } while (error == EINTR);
    ::close(descriptor);
    return error;
}

[[noreturn]] void fail_to_name(const fs::path& target) {
    fail<IoError>(
        "{}: cannot be given its name ({}), expected a writable folder (check its "
        "permissions)",
        target.string(), std::strerror(errno));
}

bool is_same_file(const fs::path& a, const fs::path& b) {
    std::error_code error;
    return fs::equivalent(a, b, error) && !error;
}

/// Where a file system has neither renameat2 nor links: what other programs put there between the
/// look and the rename would be lost, what mast writes is not.
bool claim_and_rename(const fs::path& temp, const fs::path& target) {
    const auto claim = target.parent_path() / fmt::format(".{}.claim", target.filename().string());
    const int descriptor = ::open(claim.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        fail<IoError>(
            "{}: cannot be claimed by {} ({}), expected no other process that writes it (remove "
            "that file if there is none)",
            target.string(), claim.string(), std::strerror(errno));
    }
    ::close(descriptor);
    std::error_code ignored;
    const bool is_free = !fs::exists(fs::symlink_status(target, ignored));
    const bool renamed = is_free && ::rename(temp.c_str(), target.c_str()) == 0;
    const int error = errno;
    ::unlink(claim.c_str());
    errno = error;
    if (is_free && !renamed) fail_to_name(target);
    return renamed;
}

/// For a file system without renameat2, such as NFS: a hard link refuses to replace as well.
bool link_into_place(const fs::path& temp, const fs::path& target) {
    // Over a network the link may be made and the answer lost: then a second try finds it.
    if (::link(temp.c_str(), target.c_str()) == 0 ||
        (errno == EEXIST && is_same_file(temp, target))) {
        ::unlink(temp.c_str());
        return true;
    }
    if (errno == EEXIST) return false;
    return claim_and_rename(temp, target);
}

/// Gives `temp` its final name; false if a file of that name exists and may not be replaced.
bool rename_into_place(const fs::path& temp, const fs::path& target, Overwrite overwrite) {
    if (overwrite == Overwrite::allow) {
        if (::rename(temp.c_str(), target.c_str()) == 0) return true;
    } else if (::renameat2(AT_FDCWD, temp.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) ==
               0) {
        return true;
    } else if (errno == EEXIST) {
        return false;
    } else if (errno == EINVAL || errno == ENOSYS) {
        return link_into_place(temp, target);
    }
    fail_to_name(target);
}

}  // namespace

void check_target(const fs::path& target, Overwrite overwrite) {
    if (target.empty()) fail<UsageError>("--output: is empty, expected a path (name a file)");
    std::error_code ignored;
    if (fs::is_directory(target, ignored)) {
        fail<IoError>("{}: is a folder, expected the name of a file (name a file inside it)",
                      target.string());
    }
    if (overwrite == Overwrite::refuse && fs::exists(fs::symlink_status(target, ignored))) {
        refuse_existing(target);
    }
    const auto folder = folder_of(target);
    if (!fs::is_directory(folder, ignored)) {
        fail<IoError>("{}: its folder {} does not exist, expected a folder (make it first)",
                      target.string(), folder.string());
    }
}

OutputFile::OutputFile(fs::path target, Overwrite overwrite)
    : target_(std::move(target)), overwrite_(overwrite) {
    check_target(target_, overwrite_);
    // Hidden, beside the target (a rename must not cross file systems), and nobody else's.
    for (int attempt = 0;; ++attempt) {
        temp_ = folder_of(target_) /
                fmt::format(".{}.{}.{}.tmp", target_.filename().string(), ::getpid(), attempt);
        const int descriptor = ::open(temp_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
        if (descriptor >= 0) {
            ::close(descriptor);
            return;
        }
        if (errno != EEXIST || attempt == 100) {
            fail<IoError>(
                "{}: cannot be created ({}), expected a writable folder (check its "
                "permissions)",
                target_.string(), std::strerror(errno));
        }
    }
}

OutputFile::~OutputFile() {
    if (!committed_) ::unlink(temp_.c_str());
}

void OutputFile::reserve(std::int64_t bytes) const {
    if (bytes <= 0) return;
    // Asked first: where there is too little, fallocate takes all there is before it fails.
    std::error_code unknown;
    const auto space = fs::space(folder_of(target_), unknown);
    if (!unknown && space.available < static_cast<std::uintmax_t>(bytes)) {
        fail<IoError>(
            "{}: would have {} bytes, expected at most the {} that the disk has left (free "
            "some space)",
            target_.string(), bytes, space.available);
    }
    const int error = set_aside(temp_, bytes);
    if (error == 0 || error == EOPNOTSUPP || error == ENOSYS) return;
    fail<IoError>(
        "{}: {} bytes cannot be set aside for it ({}), expected room on the disk (free "
        "some space)",
        target_.string(), bytes, std::strerror(error));
}

void OutputFile::commit() {
    sync(temp_, O_RDWR, target_);
    if (!rename_into_place(temp_, target_, overwrite_)) refuse_existing(target_);
    committed_ = true;
    sync_folder_of(target_);
}

void sync_folder_of(const fs::path& target) {
    sync(folder_of(target), O_RDONLY | O_DIRECTORY, target);
}

void write_file(const fs::path& target, std::string_view content, Overwrite overwrite) {
    OutputFile file(target, overwrite);
    std::ofstream out(file.temp_path(), std::ios::binary);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    out.close();
    if (!out) {
        fail<IoError>("{}: cannot be written ({}), expected a disk with room (free some space)",
                      target.string(), std::strerror(errno));
    }
    file.commit();
}

std::string read_file(const fs::path& path, std::size_t max_bytes) {
    std::error_code unknown;
    const auto status = fs::status(path, unknown);
    if (fs::exists(status) && !fs::is_regular_file(status)) {
        fail<IoError>("{}: is not a regular file, expected one (check the path)", path.string());
    }
    std::ifstream in(path, std::ios::binary | std::ios::ate);
    if (!in) {
        fail<IoError>("{}: cannot be read ({}), expected a file (check the path)", path.string(),
                      std::strerror(errno));
    }
    const auto size = static_cast<std::size_t>(in.tellg());
    if (size > max_bytes) {
        fail<DataError>("{}: has {} bytes, expected at most {} (is it the right file?)",
                        path.string(), size, max_bytes);
    }
    std::string content(size, '\0');
    in.seekg(0);
    in.read(content.data(), static_cast<std::streamsize>(size));
    if (!in) fail<IoError>("{}: cannot be read to its end, expected {} bytes", path.string(), size);
    return content;
}

}  // namespace mast::store
