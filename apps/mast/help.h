// Texts made from the table of commands: usage, help, bash completion.
#pragma once

#include <string>

#include "mast/command.h"

namespace mast::cli {

/// "Usage: mast COMMAND ..." and one line for each command.
std::string overview();
/// Usage line, sentence, options in groups.
std::string help_of(const Command& command);
/// A script to be sourced by bash.
std::string bash_completion();

/// The options of a command without its positional arguments, which the usage line shows.
boost::program_options::options_description shown_options(const Command& command);

}  // namespace mast::cli
