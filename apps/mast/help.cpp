#include "mast/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "mast/commands.h"
#include "mast/options.h"

namespace po = boost::program_options;

namespace mast::cli {

namespace {

constexpr unsigned kLineLength = 100;

std::string text_of(const po::options_description& options) {
    std::ostringstream out;
    out << options;
    return out.str();
}

/// Without its positional arguments, which the usage line shows.
po::options_description shown_options(const Command& command) {
    po::options_description declared;
    command.declare(declared);
    po::options_description shown("Options", kLineLength);
    for (const auto& option : declared.options()) {
        const auto& hidden = command.positional;
        if (std::find(hidden.begin(), hidden.end(), option->long_name()) == hidden.end()) {
            shown.add(option);
        }
    }
    return shown;
}

}  // namespace

std::string overview() {
    std::string text =
        "Usage: mast COMMAND [OPTION]... [FILE]...\n"
        "Pre-trains transformers on recorded trajectories of controlled systems.\n\n"
        "  dataset.hdf5 --ingest--> store.h5 --mask--> batches.h5 --pretrain--> run/ --evaluate\n\n"
        "Commands:\n";
    for (const auto* command : commands()) {
        text += fmt::format("  {:<12}{}\n", command->name, command->summary);
    }
    text += fmt::format("  {:<12}{}\n", "help", "shows this text, or the help of a command");
    text += fmt::format("  {:<12}{}\n", "completion", "prints a completion script for bash or zsh");
    text += "\nUse 'mast COMMAND --help' to see the options of a command.\n";
    return text;
}

std::string help_of(const Command& command) {
    const std::string own = text_of(shown_options(command));
    return fmt::format("Usage: mast {} {}\n{}.\n\n{}\n{}", command.name, command.synopsis,
                       command.summary, own, text_of(common_options()));
}

}  // namespace mast::cli
