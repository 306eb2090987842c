// A file that appears under its final name only when it is complete and on disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace mast::store {

enum class Overwrite { refuse, allow };

/// Throws IoError if `target` exists and may not be replaced, or if its folder is missing.
/// For commands to call before any work.
void check_target(const std::filesystem::path& target, Overwrite overwrite);

/// A temporary file beside its target. The writer fills temp_path(); commit() syncs it, gives it
/// its final name (without replacing a file that appeared meanwhile, unless allowed) and syncs the
/// folder. Success means that commit() returned; the destructor only removes what was not
/// committed. What killed processes left beside the target is removed first.
class OutputFile {
  public:
    /// Throws IoError as check_target() does. Creates an empty temporary file.
    OutputFile(std::filesystem::path target, Overwrite overwrite);
    ~OutputFile();
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;

    const std::filesystem::path& target() const { return target_; }
    const std::filesystem::path& temp_path() const { return temp_; }

    /// Sets room aside on the disk for a file of that many bytes: what would not fit is refused
    /// before it is made, and the writing is faster. Throws IoError if there is too little room; a
    /// file system that cannot set room aside is no error.
    void reserve(std::int64_t bytes) const;
    /// Throws IoError, naming the target.
    void commit();

  private:
    std::filesystem::path target_;
    std::filesystem::path temp_;
    Overwrite overwrite_;
    int held_ = -1;  ///< a descriptor by which others see that the file is being written
    bool committed_ = false;
};

/// Puts the name of a file or folder on disk: syncs the folder that it lies in. Throws IoError.
void sync_folder_of(const std::filesystem::path& target);

/// Writes a whole small file in the manner above.
void write_file(const std::filesystem::path& target, std::string_view content, Overwrite overwrite);

/// The content of a file of at most max_bytes. Throws IoError or DataError.
std::string read_file(const std::filesystem::path& path, std::size_t max_bytes);

}  // namespace mast::store
