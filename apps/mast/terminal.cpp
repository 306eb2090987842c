#include "mast/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/printable.h"

namespace mast::cli {

namespace {

bool is_terminal(FILE* stream) {
    return isatty(fileno(stream)) == 1;
}

[[noreturn]] void stdout_failed() {
    fail<IoError>("standard output: {}, expected to write the result (check the disk or the pipe)",
                  std::strerror(errno));
}

std::string duration(double seconds) {
    const auto whole = static_cast<std::int64_t>(std::llround(seconds));
    if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

/// While it lives, a write of this thread to a pipe that nobody reads fails and does no more. The
/// signal that comes with it is for this thread alone; one that came from elsewhere stays.
class PipeSignalHeld {
  public:
    PipeSignalHeld() {
        sigemptyset(&pipe_);
        sigaddset(&pipe_, SIGPIPE);
        sigset_t pending;
        was_pending_ = sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
        pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    ~PipeSignalHeld() {
        constexpr timespec kAtOnce{0, 0};
        if (!was_pending_) sigtimedwait(&pipe_, nullptr, &kAtOnce);
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    PipeSignalHeld(const PipeSignalHeld&) = delete;
    PipeSignalHeld& operator=(const PipeSignalHeld&) = delete;

  private:
    sigset_t pipe_{};
    sigset_t before_{};
    bool was_pending_ = false;
};

}  // namespace

void tell(std::string_view text) {
    const PipeSignalHeld held;
    const auto written = std::fwrite(text.data(), 1, text.size(), stderr);
    if (written != text.size()) std::clearerr(stderr);
}

Terminal::Terminal(std::string command, Verbosity verbosity, ShowProgress progress)
    : command_(std::move(command)),
      verbosity_(verbosity),
      progress_(progress),
      start_(std::chrono::steady_clock::now()),
      last_drawn_(start_ - std::chrono::hours(1)) {}

void Terminal::write(std::string_view text) {
    if (hushed_) return;
    end_progress();
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) stdout_failed();
}

void Terminal::result(std::string_view line) {
    write(fmt::format("{}\n", line));
    // A script that reads a long run's metrics wants each line as it comes.
    if (std::fflush(stdout) != 0) stdout_failed();
}

void Terminal::finish() {
    end_progress();
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) stdout_failed();
}

void Terminal::error(std::string_view text) {
    end_progress();
    tell(fmt::format("{}: {}\n", command_, printable(text)));
}

void Terminal::warn(std::string_view text) {
    if (verbosity_ != Verbosity::quiet && !hushed_) error(text);
}

void Terminal::note(std::string_view text) {
    if (talks_to_people()) error(text);
}

bool Terminal::talks_to_people() const {
    if (verbosity_ == Verbosity::quiet || hushed_) return false;
    return verbosity_ == Verbosity::verbose || is_terminal(stderr);
}

void Terminal::table(const std::vector<std::vector<std::string>>& rows) {
    if (!talks_to_people()) return;
    end_progress();
    std::vector<std::size_t> width;
    for (const auto& row : rows) {
        width.resize(std::max(width.size(), row.size()));
        for (std::size_t c = 0; c < row.size(); ++c)
            width[c] = std::max(width[c], row[c].size());
    }
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t c = 0; c < row.size(); ++c) {
            const bool last = c + 1 == row.size();
            line += last ? row[c] : fmt::format("{:<{}}  ", row[c], width[c]);
        }
        tell(fmt::format("{}\n", line));
    }
}

bool Terminal::shows_progress() const {
    if (progress_ == ShowProgress::never || verbosity_ == Verbosity::quiet || hushed_) return false;
    return progress_ == ShowProgress::always || is_terminal(stderr);
}

void Terminal::progress(std::int64_t done, std::int64_t total, std::string_view what) {
    if (!shows_progress()) return;
    const bool drawn_over = is_terminal(stderr);
    const auto now = std::chrono::steady_clock::now();
    const std::chrono::milliseconds pause{drawn_over ? 100 : 10'000};
    if (now - last_drawn_ < pause) return;
    last_drawn_ = now;
    const double share = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 0;
    const double gone = seconds();
    const auto here = static_cast<double>(done - done_before_);
    const std::string left =
        here > 0 ? duration(gone * static_cast<double>(total - done) / here) : "?";
    const auto line = fmt::format("{}: {:3.0f} %  {} of {}  {}  ETA {}", command_, 100 * share,
                                  done, total, what, left);
    tell(drawn_over ? fmt::format("\r\033[K{}", line) : line + '\n');
    line_drawn_ = drawn_over;
}

void Terminal::end_progress() {
    if (!line_drawn_) return;
    tell("\r\033[K");
    line_drawn_ = false;
}

double Terminal::seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

double Terminal::wall_time() const {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace mast::cli
