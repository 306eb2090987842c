// Texts made from the table of commands: usage and help.
#pragma once

#include <string>

#include "mast/command.h"

namespace mast::cli {

/// "Usage: mast COMMAND ..." and one line for each command.
std::string overview();
/// Usage line, sentence, options in groups.
std::string help_of(const Command& command);

}  // namespace mast::cli
