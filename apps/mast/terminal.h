// Talking to people on stderr and to scripts on stdout. Nothing else in the program prints.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mast::cli {

enum class Verbosity { quiet, normal, verbose };
enum class ShowProgress { automatic, never, always };

/// Text on stderr, at once. What cannot be said, because that is closed or full or a pipe that
/// nobody reads, ends nothing.
void tell(std::string_view text);

class Terminal {
  public:
    Terminal(std::string command, Verbosity verbosity, ShowProgress progress);

    /// One line of the result on stdout, a newline added. Throws IoError if it cannot be written.
    void result(std::string_view line);
    /// Raw text of the result on stdout.
    void write(std::string_view text);
    /// Flushes stdout and throws IoError if anything was lost.
    void finish();

    /// "mast COMMAND: text" on stderr; not with --quiet.
    void warn(std::string_view text);
    /// "mast COMMAND: text" on stderr, always.
    void error(std::string_view text);
    /// A line on stderr, only with --verbose or, where `for_people`, on a terminal.
    void note(std::string_view text);
    /// An aligned table for people on stderr: shown on a terminal or with --verbose, not with
    /// --quiet.
    void table(const std::vector<std::vector<std::string>>& rows);

    /// Progress of `done` out of `total` with an ETA: on a terminal on one line that is drawn over,
    /// at most ten times a second; elsewhere a line of its own, every ten seconds. `what` is a unit
    /// or a short figure, e.g. "loss 0.123".
    void progress(std::int64_t done, std::int64_t total, std::string_view what);
    /// What was done before this process started: the ETA does not count it.
    void progress_from(std::int64_t done) { done_before_ = done; }
    /// From now on errors alone are told: another process tells the rest.
    void hush() { hushed_ = true; }
    /// Wipes the progress line.
    void end_progress();

    /// Seconds since the command started.
    double seconds() const;
    /// Seconds since 1970.
    double wall_time() const;

  private:
    bool shows_progress() const;
    bool talks_to_people() const;

    std::string command_;
    Verbosity verbosity_;
    ShowProgress progress_;
    bool hushed_ = false;
    bool line_drawn_ = false;
    std::int64_t done_before_ = 0;
    std::chrono::steady_clock::time_point start_;
    std::chrono::steady_clock::time_point last_drawn_;
};

}  // namespace mast::cli
