// What a subcommand is: a name, texts, options, and a function that runs it.
#pragma once

#include <boost/program_options.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "base/stop.h"
#include "mast/terminal.h"
#include "store/history.h"
#include "train/processes.h"

namespace mast::cli {

/// Exit codes of the program (docs/promises.md).
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;
inline constexpr int kSignal = 128;  ///< plus the number of the signal

/// More threads than this help nobody.
inline constexpr std::int64_t kMostThreads = 1024;

/// What main() hands to a command that runs.
struct Context {
    const boost::program_options::variables_map& options;
    Terminal& terminal;
    const StopFlag& stop;
    std::string command_line;  ///< as typed, for the history of files
    /// That do this command together; most commands are done by one.
    train::Processes& processes;

    /// Whether this process writes files and says what the result is.
    bool is_first() const { return processes.rank() == 0; }

    /// The entry that this command adds to the history of what it writes.
    store::HistoryEntry history_entry(std::vector<std::string> inputs) const;
    std::uint64_t seed() const;
};

struct Command {
    const char* name;
    const char* synopsis;  ///< what follows "mast NAME " in its usage line
    const char* summary;   ///< one sentence without a full stop
    /// Positional arguments as option names; the last one takes all that remain.
    std::vector<std::string> positional;
    void (*declare)(boost::program_options::options_description& options);
    /// Checks all arguments before any work, then works. Returns an exit code; throws mast::Error.
    int (*run)(Context& context);
    /// Whether processes that were started together do it together; else each does its own.
    bool joins = false;
};

}  // namespace mast::cli
