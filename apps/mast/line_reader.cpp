#include "mast/line_reader.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/error.h"

namespace mast::cli {

/// A signal between a look at the flag and the wait must not be lost for long.
constexpr int kLookMilliseconds = 200;

/// Replaces what was handed out by what comes next; false at the end.
bool LineReader::fill() {
    waiting_.resize(std::size_t{64} << 10U);
    at_ = 0;
    for (;;) {
        stop_.check();
        pollfd input{STDIN_FILENO, POLLIN, 0};
        const int ready = ::poll(&input, 1, kLookMilliseconds);
        if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
        const auto count = ::read(STDIN_FILENO, waiting_.data(), waiting_.size());
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count < 0) {
            fail<IoError>("standard input: cannot be read ({}), expected lines",
                          std::generic_category().message(errno));
        }
        waiting_.resize(static_cast<std::size_t>(count));
        return count > 0;
    }
}

bool LineReader::next(std::string& line) {
    line.clear();
    bool begun = false;
    for (;;) {
        if (at_ == waiting_.size() && !fill()) return begun;
        begun = true;
        const auto end = waiting_.find('\n', at_);
        const auto stop = std::min(end, waiting_.size());
        line.append(waiting_, at_, std::min(stop - at_, kLongest - line.size()));
        at_ = end == std::string::npos ? stop : stop + 1;
        if (end != std::string::npos) return true;
    }
}

}  // namespace mast::cli
