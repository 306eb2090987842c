// A file that grows at its end and can be cut back to what a checkpoint knows of.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace mast::train {

class AppendFile {
  public:
    /// Opens or makes the file. Throws IoError, as all below do.
    explicit AppendFile(const std::filesystem::path& path);
    ~AppendFile();
    AppendFile(const AppendFile&) = delete;
    AppendFile& operator=(const AppendFile&) = delete;

    const std::string& name() const { return name_; }
    void append(std::string_view bytes);
    /// Drops what lies after the first `bytes`.
    void cut(std::int64_t bytes);
    /// Returns when all is on disk.
    void sync();

  private:
    [[noreturn]] void failed() const;

    std::string name_;
    int descriptor_;
};

}  // namespace mast::train
