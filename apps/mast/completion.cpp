#include "mast/completion.h"

#include <fmt/format.h>

#include "mast/commands.h"
#include "mast/help.h"
#include "mast/option_table.h"

namespace mast::cli {

namespace {

/// In single quotes, as both shells read it.
std::string quoted(const std::string& text) {
    std::string result = "'";
    for (const char letter : text)
        result += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
    return result + "'";
}

std::string with_backslashes(const std::string& text, const char* special) {
    std::string result;
    for (const char letter : text) {
        if (std::string_view(special).find(letter) != std::string_view::npos) result += '\\';
        result += letter;
    }
    return result;
}

std::vector<ShownOption> all_options(const Command& command) {
    auto all = options_of(command);
    for (auto& option : shared_options())
        all.push_back(std::move(option));
    return all;
}

std::string names_of_shells() {
    std::string names;
    for (const auto& shell : shells())
        names += fmt::format("{}{}", names.empty() ? "" : " ", shell.name);
    return names;
}

std::string names_of_commands() {
    std::string names;
    for (const auto* command : commands())
        names += fmt::format("{} ", command->name);
    return names;
}

// bash

/// Lines of a case over "COMMAND OPTION-BEFORE" for values that are words.
std::string bash_values(const Command& command) {
    std::string lines;
    for (const auto& option : all_options(command)) {
        if (option.words.empty()) continue;
        lines += fmt::format("            '{} --{}') words='{}' ;;\n", command.name, option.name,
                             fmt::join(option.words, " "));
    }
    for (const auto& option : positional_of(command)) {
        if (option.words.empty()) continue;
        lines += fmt::format("            '{0} {0}') words='{1}' ;;\n", command.name,
                             fmt::join(option.words, " "));
    }
    return lines;
}

std::string bash_options(const Command& command) {
    std::string words;
    for (const auto& option : all_options(command))
        words += fmt::format("{}--{}", words.empty() ? "" : " ", option.name);
    return fmt::format("            {}) words='{}' ;;\n", command.name, words);
}

std::string bash_completion() {
    std::string values;
    std::string options;
    for (const auto* command : commands()) {
        values += bash_values(*command);
        options += bash_options(*command);
    }
    constexpr auto kScript = R"sh(# bash completion for mast: eval "$(mast completion bash)"
_mast() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} words=''
    # bash splits --option=value at the sign.
    if [ "$word" = = ]; then
        word=''
    elif [ "$before" = = ]; then
        before=${{COMP_WORDS[COMP_CWORD - 2]}}
    fi
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W '{0}help completion --help --version' -- "$word"))
        return
    fi
    if [[ "$word" == -* ]]; then
        case "${{COMP_WORDS[1]}}" in
{2}        esac
    else
        case "${{COMP_WORDS[1]}} $before" in
            'help help') words='{0}' ;;
            'completion completion') words='{1}' ;;
{3}        esac
    fi
    [ -z "$words" ] || COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -o default -F _mast mast
)sh";
    return fmt::format(kScript, names_of_commands(), names_of_shells(), options, values);
}

// zsh

/// ":message:action" of a value.
std::string zsh_value(const ShownOption& option) {
    const auto message = with_backslashes(option.value, "\\:");
    if (!option.words.empty())
        return fmt::format(":{}:({})", message, fmt::join(option.words, " "));
    return fmt::format(":{}:{}", message, option.is_path ? "_files" : " ");
}

/// One argument of _arguments.
std::string zsh_option(const ShownOption& option) {
    const auto help = fmt::format("[{}]", with_backslashes(option.description, "\\[]"));
    const auto value = option.value.empty() ? "" : zsh_value(option);
    const auto* const sign = option.value.empty() ? "" : "=";
    const auto name = fmt::format("--{}{}", option.name, sign);
    const std::string star = option.repeats ? "*" : "";
    if (option.letter.empty()) return quoted(star + name + help + value);
    const auto* const plus = option.value.empty() ? "" : "+";
    return fmt::format("'(-{0} --{1})'{{-{0}{2},{3}}}{4}", option.letter, option.name, plus, name,
                       quoted(help + value));
}

std::string zsh_command(const Command& command) {
    std::string lines =
        fmt::format("                {})\n                    _arguments -s -S", command.name);
    for (const auto& option : all_options(command))
        lines += " \\\n                        " + zsh_option(option);
    for (const auto& option : positional_of(command))
        lines += " \\\n                        " + quoted(fmt::format("*{}", zsh_value(option)));
    return lines + " ;;\n";
}

std::string zsh_completion() {
    std::string described;
    std::string cases;
    for (const auto* command : commands()) {
        described += fmt::format("                {}\n",
                                 quoted(fmt::format("{}:{}", command->name, command->summary)));
        cases += zsh_command(*command);
    }
    constexpr auto kScript = R"sh(#compdef mast
# zsh completion for mast: eval "$(mast completion zsh)"
_mast() {{
    local curcontext=$curcontext state line
    typeset -A opt_args
    _arguments -C '(- 1 *)--help[show all commands]' '(- 1 *)--version[show the version]' \
        '1:command:->command' '*::argument:->argument'
    case $state in
        command)
            local -a known
            known=(
{1}                'help:shows the help of a command'
                'completion:prints a completion script for a shell'
            )
            _describe command known ;;
        argument)
            case $words[1] in
                help) _arguments '1:command:({0})' ;;
                completion) _arguments '1:shell:({2})' ;;
{3}            esac ;;
    esac
}}
if [ "$funcstack[1]" = _mast ]; then _mast "$@"; else compdef _mast mast; fi
)sh";
    return fmt::format(kScript, names_of_commands(), described, names_of_shells(), cases);
}

}  // namespace

const std::vector<Shell>& shells() {
    static const std::vector<Shell> kShells{{"bash", bash_completion}, {"zsh", zsh_completion}};
    return kShells;
}

}  // namespace mast::cli
