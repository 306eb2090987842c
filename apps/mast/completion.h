// Completion scripts made from the table of commands.
#pragma once

#include <string>
#include <vector>

namespace mast::cli {

struct Shell {
    const char* name;
    /// A script to be sourced, or to be installed where the shell looks for it.
    std::string (*completion)();
};

/// bash and zsh.
const std::vector<Shell>& shells();

}  // namespace mast::cli
