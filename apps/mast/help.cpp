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

std::string option_words(const po::options_description& options) {
    std::string words;
    for (const auto& option : options.options())
        words += " --" + option->long_name();
    return words;
}

}  // namespace

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
    text += fmt::format("  {:<12}{}\n", "completion", "prints a completion script for bash");
    text += "\nUse 'mast COMMAND --help' to see the options of a command.\n";
    return text;
}

std::string help_of(const Command& command) {
    const std::string own = text_of(shown_options(command));
    return fmt::format("Usage: mast {} {}\n{}.\n\n{}\n{}", command.name, command.synopsis,
                       command.summary, own, text_of(common_options()));
}

std::string bash_completion() {
    std::string cases;
    std::string names;
    for (const auto* command : commands()) {
        names += fmt::format("{} ", command->name);
        const auto words = option_words(shown_options(*command)) + option_words(common_options());
        cases += fmt::format("        {}) words=\"{}\" ;;\n", command->name, words.substr(1));
    }
    return fmt::format(
        "# bash completion for mast: eval \"$(mast completion bash)\"\n"
        "_mast() {{\n"
        "    local word=\"${{COMP_WORDS[COMP_CWORD]}}\" words\n"
        "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
        "        COMPREPLY=($(compgen -W \"{}help completion\" -- \"$word\"))\n"
        "        return\n"
        "    fi\n"
        "    case \"${{COMP_WORDS[1]}}\" in\n"
        "{}"
        "        *) words=\"\" ;;\n"
        "    esac\n"
        "    [[ \"$word\" == -* ]] && COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
        "}}\n"
        "complete -o default -F _mast mast\n",
        names, cases);
}

}  // namespace mast::cli
