// metrics.jsonl: what each reported step of a run was like, one JSON object a line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace mast::train {

/// Lines appended one after another. What they hold follows from data, options and seed, so that a
/// training that was stopped and went on writes the bytes of one that was not.
class MetricsLog {
  public:
    /// Opens or makes the file. Throws IoError.
    explicit MetricsLog(const std::filesystem::path& path);
    ~MetricsLog();
    MetricsLog(const MetricsLog&) = delete;
    MetricsLog& operator=(const MetricsLog&) = delete;

    /// Drops the lines of steps after this one, and what follows a line that is not whole.
    void cut_after(std::int64_t step);
    void append(const std::string& line);
    /// Returns when all lines are on disk.
    void sync();

  private:
    [[noreturn]] void failed() const;

    std::string name_;
    int descriptor_;
};

}  // namespace mast::train
