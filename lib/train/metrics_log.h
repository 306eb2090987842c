// metrics.jsonl: what each reported step of a run was like, one JSON object a line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "train/append_file.h"

namespace mast::train {

/// Lines appended one after another. What they hold follows from data, options and seed, so that a
/// training that was stopped and went on writes the bytes of one that was not.
class MetricsLog {
  public:
    /// Opens or makes the file. Throws IoError.
    explicit MetricsLog(const std::filesystem::path& path) : file_(path) {}

    /// Drops the lines of steps after this one, and what follows a line that is not whole.
    void cut_after(std::int64_t step);
    void append(const std::string& line) { file_.append(line + '\n'); }
    /// Returns when all lines are on disk.
    void sync() { file_.sync(); }

  private:
    AppendFile file_;
};

}  // namespace mast::train
