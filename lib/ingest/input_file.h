// A foreign file, opened and not yet looked at.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace mast::ingest {

/// The HDF5 file behind a path, which may be a Minari dataset's folder. Throws IoError where it is
/// a folder of another kind.
std::filesystem::path data_file(const std::filesystem::path& path);

/// That file, and what lies beside it. Everything that is read of it is read through its
/// descriptor, so that a reader needs no right to open files, and a file that takes its name
/// meanwhile changes nothing.
class InputFile {
  public:
    static constexpr std::size_t kMostMetadataBytes = std::size_t{16} << 20U;

    /// Throws IoError where there is no regular file that may be read.
    explicit InputFile(const std::filesystem::path& path);
    ~InputFile();
    InputFile(InputFile&& other) noexcept;
    InputFile& operator=(InputFile&&) = delete;

    const std::filesystem::path& path() const { return path_; }
    int descriptor() const { return descriptor_; }

    /// Minari's description of the data in metadata.json beside it, where there is one: no more of
    /// it than kMostMetadataBytes and one byte.
    const std::optional<std::string>& metadata() const { return metadata_; }
    std::filesystem::path metadata_path() const;

    /// "xxh3:..." of the bytes; `between` is called after each block. Throws IoError.
    std::string hash(const std::function<void()>& between) const;

  private:
    std::filesystem::path path_;
    int descriptor_ = -1;
    std::optional<std::string> metadata_;
};

}  // namespace mast::ingest
