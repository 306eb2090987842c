// metrics.jsonl: what each reported step of a run was like, one JSON object a line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "train/append_file.h"
#include "train/event_log.h"

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

/// Hands on the step of each line of a metrics file, and its other numbers in their order under
/// their keys, up to a line that was not written to its end. Throws IoError, or DataError naming a
/// line that is no JSON object with a step.
void read_metrics(
    const std::filesystem::path& path,
    const std::function<void(std::int64_t step, const std::vector<Scalar>& numbers)>& take);

}  // namespace mast::train
