// Finds the command, reads its options, runs it, and turns what goes wrong into a line and a code.
#include <fmt/format.h>
#include <unistd.h>
#include <boost/program_options.hpp>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/printable.h"
#include "base/suggest.h"
#include "compute/parallel.h"
#include "mast/build_id.h"
#include "mast/commands.h"
#include "mast/completion.h"
#include "mast/failure.h"
#include "mast/help.h"
#include "mast/options.h"
#include "mast/signals.h"
#include "mast/terminal.h"
#include "mast/together.h"
#include "mast/value_error.h"
#include "mast/version.h"
#include "store/h5.h"
#include "train/machine.h"

namespace po = boost::program_options;

namespace mast::cli {

namespace {

const Command* find(std::string_view name) {
    const auto all = commands();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Command* c) { return c->name == name; });
    return found == all.end() ? nullptr : *found;
}

std::string unknown_command(std::string_view name) {
    std::vector<std::string_view> known{"help", "completion"};
    for (const auto* command : commands())
        known.emplace_back(command->name);
    return fmt::format("unknown command '{}'{}", name, did_you_mean(name, known));
}

std::string unknown_option(const std::string& given, const po::options_description& options) {
    std::vector<std::string_view> known;
    for (const auto& option : options.options())
        known.emplace_back(option->long_name());
    const std::string bare = given.substr(std::min(given.find_first_not_of('-'), given.size()));
    const auto word = suggest(bare, known);
    return fmt::format("{}: is not an option of this command{}", given,
                       word ? fmt::format("; did you mean '--{}'?", *word) : std::string());
}

/// Reads the command line and, where --config names one, a file; words every mistake for people.
po::variables_map parse(const Command& command, const std::vector<std::string>& arguments) {
    po::options_description all;
    command.declare(all);
    all.add(common_options());
    po::positional_options_description positional;
    for (std::size_t i = 0; i < command.positional.size(); ++i) {
        positional.add(command.positional[i].c_str(), i + 1 < command.positional.size() ? 1 : -1);
    }
    po::variables_map options;
    try {
        // Prefixes are not guessed: "--ov" must not silently mean --overwrite.
        const int style =
            po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
        po::store(po::command_line_parser(arguments)
                      .options(all)
                      .positional(positional)
                      .style(style)
                      .run(),
                  options);
        if (options.count("config") != 0) {
            const auto path = options["config"].as<std::string>();
            std::ifstream file(path);
            if (!file) {
                fail<IoError>("{}: cannot be read, expected a file of options (check --config)",
                              path);
            }
            po::store(po::parse_config_file(file, all), options);
        }
        po::notify(options);
    } catch (const ValueError& error) {
        fail<UsageError>("{}: \"{}\" is not {}", error.get_option_name(), error.value,
                         error.expected);
    } catch (const po::unknown_option& error) {
        throw UsageError(unknown_option(error.get_option_name(), all));
    } catch (const po::too_many_positional_options_error&) {
        fail<UsageError>("too many arguments, expected: mast {} {}", command.name,
                         command.synopsis);
    } catch (const po::error& error) {
        throw UsageError(error.what());
    }
    return options;
}

ShowProgress progress_mode(const std::string& word) {
    if (word == "auto") return ShowProgress::automatic;
    if (word == "never") return ShowProgress::never;
    if (word == "always") return ShowProgress::always;
    fail<UsageError>("--progress: \"{}\" is not auto, never or always", word);
}

Verbosity verbosity(const po::variables_map& options) {
    const bool quiet = options["quiet"].as<bool>();
    const bool verbose = options["verbose"].as<bool>();
    if (quiet && verbose) {
        fail<UsageError>("--quiet: contradicts --verbose, expected one of them (leave one out)");
    }
    if (quiet) return Verbosity::quiet;
    return verbose ? Verbosity::verbose : Verbosity::normal;
}

/// Of this machine, whatever part of them this process may use.
std::int64_t cores() {
    return std::max<std::int64_t>(1, sysconf(_SC_NPROCESSORS_ONLN));
}

/// A machine's cores are shared by the processes on it, unless each is asked to take more.
int threads_of(const po::variables_map& options, const train::Processes& processes) {
    auto threads = options["threads"].as<Count>().value;
    if (options["threads"].defaulted())
        threads =
            std::min(threads, std::max<std::int64_t>(1, cores() / processes.on_this_machine()));
    return static_cast<int>(std::min(threads, kMostThreads));
}

/// "Boost-1.74.0 HDF5-1.10.8 ...": a word for each, of which the one that differs is shown.
std::string library_words() {
    std::string words;
    for (const auto& [name, number] : libraries())
        words += fmt::format("{}-{} ", name, number);
    return words;
}

/// What may differ between machines and is not seen elsewhere.
void expect_alike(train::Processes& processes, const std::string& command_line) {
    if (processes.count() == 1) return;
    expect_same(processes, "the version", version_line());
    expect_same(processes, "the build", build_id());
    expect_same(processes, "the libraries", library_words());
    expect_same(processes, "the instructions",
                train::this_machine(compute::Precision::bf16, "").isa);
    expect_same(processes, "the arguments",
                command_line.substr(std::min(command_line.find(' '), command_line.size())));
}

int run_with(train::Processes& processes, const Command& command,
             const std::vector<std::string>& arguments, const std::string& command_line,
             const StopFlag& stop) {
    expect_alike(processes, command_line);
    const auto options = together(processes, [&] { return parse(command, arguments); });
    Terminal terminal(fmt::format("mast {}", command.name), verbosity(options),
                      progress_mode(options["progress"].as<std::string>()));
    compute::set_threads(threads_of(options, processes));
    Context context{options, terminal, stop, command_line, processes};
    if (!context.is_first()) terminal.hush();
    try {
        const int code = command.run(context);
        terminal.finish();
        return code;
    } catch (...) {
        terminal.end_progress();
        throw;
    }
}

void report(std::string_view who, const std::string& text) {
    if (!text.empty()) tell(fmt::format("{}: {}\n", who, printable(text)));
}

/// As one of several processes: where it fails alone, it takes the others with it. What is to be
/// said is said before MPI is left, for a process that ends with an error then ends the others.
int run_joined(train::Processes& processes, const Command& command,
               const std::vector<std::string>& arguments, const std::string& command_line,
               const StopFlag& stop) {
    const auto who = fmt::format("mast {}", command.name);
    try {
        return run_with(processes, command, arguments, command_line, stop);
    } catch (const FailedTogether& together) {
        report(who, together.failure.text);
        return together.failure.code;
    } catch (...) {
        const auto failure = current_failure();
        if (!failure.text.empty())
            report(who, fmt::format("{}: {}", processes.name(), failure.text));
        processes.end_all(failure.code);
        return failure.code;
    }
}

int run(const Command& command, const std::vector<std::string>& arguments,
        const std::string& command_line, const StopFlag& stop) {
    const auto joined = command.joins ? join_processes() : nullptr;
    if (!joined) return run_with(train::alone(), command, arguments, command_line, stop);
    return run_joined(*joined, command, arguments, command_line, stop);
}

int print(const std::string& text) {
    Terminal terminal("mast", Verbosity::normal, ShowProgress::never);
    terminal.write(text);
    terminal.finish();
    return kDone;
}

int help(const std::vector<std::string>& arguments) {
    if (arguments.empty() || arguments[0] == "help" || arguments[0] == "completion") {
        return print(overview());
    }
    const auto* command = find(arguments[0]);
    if (command == nullptr) throw UsageError(unknown_command(arguments[0]));
    return print(help_of(*command));
}

int completion(const std::vector<std::string>& arguments) {
    std::vector<std::string> known;
    for (const auto& shell : shells()) {
        if (arguments == std::vector<std::string>{shell.name}) return print(shell.completion());
        known.emplace_back(shell.name);
    }
    fail<UsageError>("completion: expected the name of a shell: {}", fmt::join(known, " or "));
}

bool asks_for_help(const std::vector<std::string>& arguments) {
    return std::any_of(arguments.begin(), arguments.end(),
                       [](const auto& word) { return word == "--help" || word == "-h"; });
}

int dispatch(const std::string& name, const std::vector<std::string>& arguments,
             const std::string& command_line, const StopFlag& stop) {
    if (name == "help" || name == "--help" || name == "-h") return help(arguments);
    if (name == "--version") return print(version_text());
    if (name == "completion") return completion(arguments);
    const auto* command = find(name);
    if (command == nullptr) throw UsageError(unknown_command(name));
    if (asks_for_help(arguments)) return print(help_of(*command));
    return run(*command, arguments, command_line, stop);
}

}  // namespace

/// Everything that main() does; errors become one line on stderr and an exit code.
int run_program(const std::vector<std::string>& words) {
    StopFlag stop;
    stop_on_signals(stop);
    if (words.size() < 2) {
        tell(overview());
        return kUsage;
    }
    const auto* const known = find(words[1]);
    const std::string who = known != nullptr ? fmt::format("mast {}", words[1]) : "mast";
    try {
        return dispatch(words[1], {words.begin() + 2, words.end()},
                        fmt::format("{}", fmt::join(words, " ")), stop);
    } catch (...) {
        const auto failure = current_failure();
        report(who, failure.text);
        return failure.code;
    }
}

}  // namespace mast::cli

int main(int argc, char** argv) {
    // Before anything else: without this the library may crash at exit after a failed write.
    mast::store::h5::start();
    return mast::cli::run_program({argv, argv + argc});
}
