// A command's options as people see them: what help, man pages and completion are made from.
#pragma once

#include <string>
#include <vector>

#include "mast/command.h"

namespace mast::cli {

struct ShownOption {
    std::string name;       ///< "output"
    std::string letter;     ///< "o"; "" if it has none
    std::string value;      ///< "PATH"; "" for a switch
    std::string otherwise;  ///< what holds where it is not given; "" if nothing does
    std::string description;
    bool repeats = false;            ///< may be given several times
    bool is_path = false;            ///< a shell completes files
    std::vector<std::string> words;  ///< that a shell completes
};

/// Its own, without positional arguments, which the usage line shows.
std::vector<ShownOption> options_of(const Command& command);
std::vector<ShownOption> positional_of(const Command& command);
/// Those that all commands share.
std::vector<ShownOption> shared_options();

}  // namespace mast::cli
