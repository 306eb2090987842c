// Lines of standard input, as they come.
#pragma once

#include <cstddef>
#include <string>

#include "base/stop.h"

namespace mast::cli {

/// Hands out a line as soon as it is there, for whoever waits for an answer to it. A line longer
/// than kLongest is cut there; the rest of it is left out.
class LineReader {
  public:
    static constexpr std::size_t kLongest = std::size_t{16} << 20U;

    explicit LineReader(const StopFlag& stop) : stop_(stop) {}

    /// The next line without its end; false at the end of the input. Throws Interrupted where a
    /// stop is asked for while it waits, IoError if the input cannot be read.
    bool next(std::string& line);

  private:
    bool fill();

    const StopFlag& stop_;
    std::string waiting_;  ///< read, not yet handed out
    std::size_t at_ = 0;   ///< of waiting_, where the next line begins
};

}  // namespace mast::cli
