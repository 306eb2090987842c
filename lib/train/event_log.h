// A file of events as TensorBoard reads it: numbers and pictures of steps.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/version.h"
#include "train/append_file.h"

namespace mast::train {

/// A number of a step under its tag, e.g. "loss/inverse".
struct Scalar {
    std::string tag;
    double value = 0;
};

/// A picture as a PNG file.
struct Picture {
    std::int64_t width = 0;  ///< pixels
    std::int64_t height = 0;
    std::string png;
};

/// Records one after another: length (u64), masked CRC32C of the length (u32), an Event
/// (event.proto), masked CRC32C of the event; all little-endian. That is TensorFlow's record format
/// (tensorflow/core/lib/io/record_writer.h).
class EventLog {
  public:
    /// Opens or makes the file and drops the events of steps after `step`, and what follows a
    /// record that is not whole. Throws IoError.
    EventLog(const std::filesystem::path& path, std::int64_t step);

    /// wall_time in seconds since 1970. Numbers that are not finite are left out. Steps must not
    /// fall.
    void scalars(std::int64_t step, double wall_time, const std::vector<Scalar>& values);
    void picture(std::int64_t step, double wall_time, const std::string& tag,
                 const Picture& picture);
    /// Returns when all events are on disk.
    void sync() { file_.sync(); }

  private:
    AppendFile file_;
};

/// Protobuf.
Library event_library();

}  // namespace mast::train
