#include "ingest/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/hash.h"

namespace mast::ingest {

namespace fs = std::filesystem;

fs::path data_file(const fs::path& path) {
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) return path;
    for (const char* inside : {"data/main_data.hdf5", "main_data.hdf5"}) {
        if (fs::exists(path / inside, ignored)) return path / inside;
    }
    fail<IoError>(
        "{}: is a folder without data/main_data.hdf5, expected an HDF5 file or a Minari "
        "dataset",
        path.string());
}

namespace {

/// Above the standard descriptors. A pipe is not waited for.
int open_regular(const fs::path& path) {
    const auto name = path.string();
    const int low = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (low < 0 && errno == ENOENT) {
        fail<IoError>("{}: does not exist, expected an HDF5 file (check the path)", name);
    }
    const int descriptor = low < 0 ? -1 : ::fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    const int error = errno;
    if (low >= 0) ::close(low);
    if (descriptor < 0) {
        fail<IoError>("{}: cannot be opened ({}), expected an HDF5 file (check its permissions)",
                      name, std::strerror(error));
    }
    struct stat status {};
    if (::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) return descriptor;
    ::close(descriptor);
    fail<IoError>("{}: is not a regular file, expected an HDF5 file (copy it to the disk)", name);
}

std::optional<std::string> read_beside(const fs::path& path) {
    std::error_code ignored;
    if (!fs::is_regular_file(path, ignored)) return std::nullopt;
    std::string text(InputFile::kMostMetadataBytes + 1, '\0');
    std::ifstream in(path, std::ios::binary);
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    text.shrink_to_fit();
    return text;
}

}  // namespace

InputFile::InputFile(const fs::path& path)
    : path_(data_file(path)),
      descriptor_(open_regular(path_)),
      metadata_(read_beside(metadata_path())) {}

InputFile::~InputFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

InputFile::InputFile(InputFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      metadata_(std::move(other.metadata_)) {}

fs::path InputFile::metadata_path() const {
    return path_.parent_path() / "metadata.json";
}

std::string InputFile::hash(const std::function<void()>& between) const {
    std::vector<char> block(std::size_t{4} << 20U);
    Hasher hasher;
    for (off_t place = 0;;) {
        const auto got = ::pread(descriptor_, block.data(), block.size(), place);
        if (got == 0) return hash_text(hasher.value());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            fail<IoError>("{}: cannot be read to its end ({}), expected a readable file",
                          path_.string(), std::strerror(errno));
        }
        hasher.add(block.data(), static_cast<std::size_t>(got));
        place += got;
        between();
    }
}

}  // namespace mast::ingest
