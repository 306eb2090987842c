#include "mast/option_table.h"

#include <algorithm>

#include "mast/option_value.h"
#include "mast/options.h"

namespace po = boost::program_options;

namespace mast::cli {

namespace {

ShownOption shown(const po::option_description& option) {
    ShownOption result;
    result.name = option.long_name();
    const auto name = option.canonical_display_name(po::command_line_style::allow_dash_for_short);
    if (name.size() == 2) result.letter = name.substr(1);
    result.description = option.description();

    const auto semantic = option.semantic();
    if (semantic->max_tokens() == 0) return result;
    // "PATH" or "PATH (=default)"
    const auto text = semantic->name();
    const auto brace = text.find(" (=");
    result.value = text.substr(0, brace);
    if (brace != std::string::npos)
        result.otherwise = text.substr(brace + 3, text.size() - brace - 4);
    result.repeats =
        dynamic_cast<const po::typed_value<std::vector<std::string>>*>(semantic.get()) != nullptr;
    if (const auto* known = dynamic_cast<const Completable*>(semantic.get())) {
        result.words = known->words;
        result.is_path = known->is_path;
    }
    return result;
}

bool is_positional(const Command& command, const std::string& name) {
    const auto& all = command.positional;
    return std::find(all.begin(), all.end(), name) != all.end();
}

std::vector<ShownOption> chosen(const Command& command, bool positional) {
    po::options_description declared;
    command.declare(declared);
    std::vector<ShownOption> result;
    for (const auto& option : declared.options()) {
        if (is_positional(command, option->long_name()) == positional)
            result.push_back(shown(*option));
    }
    return result;
}

}  // namespace

std::vector<ShownOption> options_of(const Command& command) {
    return chosen(command, false);
}

std::vector<ShownOption> positional_of(const Command& command) {
    return chosen(command, true);
}

std::vector<ShownOption> shared_options() {
    const auto declared = common_options();
    std::vector<ShownOption> result;
    for (const auto& option : declared.options())
        result.push_back(shown(*option));
    return result;
}

}  // namespace mast::cli
