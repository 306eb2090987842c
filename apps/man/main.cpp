// Makes man pages, in Markdown, out of the table of commands and the prose in docs/man:
//
//   mast_man page NAME PROSE.md PAGE.md   the page of a command, or of mast itself
//   mast_man list                         a line for each option of each command, for the tests
//
// The prose has the sections that only people can write; names, synopsis and options come from the
// table, so that they cannot differ from what the program takes.
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "mast/commands.h"
#include "mast/option_table.h"

using mast::cli::Command;
using mast::cli::ShownOption;

namespace {

/// The sections that a page's prose has, in this order; the synopsis goes before the first, the
/// options after it.
constexpr std::array kProse{"DESCRIPTION", "EXIT STATUS",     "FILES",
                            "MEMORY",      "REPRODUCIBILITY", "EXAMPLES"};

struct Section {
    std::string title;
    std::string text;
};

std::vector<Section> read_prose(const std::string& path) {
    std::ifstream in(path);
    if (!in) throw std::runtime_error(path + ": cannot be read, expected the prose of a man page");
    std::vector<Section> sections;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("# ")) {
            sections.push_back({line.substr(2), ""});
        } else if (!sections.empty()) {
            sections.back().text += line + "\n";
        } else if (!line.empty()) {
            throw std::runtime_error(path + ": has text before its first section");
        }
    }
    const auto expected = fmt::format("{}", fmt::join(kProse, ", "));
    std::string found;
    for (const auto& section : sections)
        found += (found.empty() ? "" : ", ") + section.title;
    if (found != expected)
        throw std::runtime_error(
            fmt::format("{}: has the sections {}, expected {}", path, found, expected));
    return sections;
}

/// So that Markdown shows it as it is.
std::string literal(std::string_view text) {
    std::string result;
    for (const char letter : text) {
        if (std::string_view("\\`*_{}[]<>#|").find(letter) != std::string_view::npos)
            result += '\\';
        result += letter;
    }
    return result;
}

std::string definition(const ShownOption& option) {
    std::string text;
    if (!option.letter.empty()) text += fmt::format("**-{}**, ", option.letter);
    text += fmt::format("**--{}**", option.name);
    if (!option.value.empty()) text += fmt::format(" *{}*", literal(option.value));
    text += fmt::format("\n:   {}", literal(option.description));
    if (!option.otherwise.empty()) text += fmt::format(" (default: {})", literal(option.otherwise));
    return text + "\n\n";
}

std::string definitions(const std::vector<ShownOption>& options) {
    std::string text;
    for (const auto& option : options)
        text += definition(option);
    return text;
}

/// What stands before and after the description, and where to read on.
struct Generated {
    std::string name, synopsis, options, see_also;
};

std::string page(const Generated& generated, const std::vector<Section>& prose) {
    std::string text =
        fmt::format("# NAME\n\n{}\n\n# SYNOPSIS\n\n{}\n\n", generated.name, generated.synopsis);
    for (const auto& section : prose) {
        text += fmt::format("# {}\n{}\n", section.title, section.text);
        if (section.title == kProse.front())
            text += fmt::format("# OPTIONS\n\n{}", generated.options);
    }
    return text + fmt::format("# SEE ALSO\n\n{}\n", generated.see_also);
}

Generated of(const Command& command) {
    std::string see_also = "**mast**(1)";
    for (const auto* other : mast::cli::commands()) {
        if (other != &command) see_also += fmt::format(", **mast-{}**(1)", other->name);
    }
    const auto own = mast::cli::options_of(command);
    return {fmt::format("mast-{} - {}", command.name, literal(command.summary)),
            fmt::format("**mast {}** {}", command.name, literal(command.synopsis)),
            definitions(own) + "## Common options\n\n" + definitions(mast::cli::shared_options()),
            see_also};
}

Generated of_program() {
    std::string list;
    std::string see_also;
    for (const auto* command : mast::cli::commands()) {
        list += fmt::format("**mast-{}**(1)\n:   {}\n\n", command->name, literal(command->summary));
        see_also += fmt::format("{}**mast-{}**(1)", see_also.empty() ? "" : ", ", command->name);
    }
    return {
        "mast - pre-trains transformers on recorded trajectories of controlled systems",
        "**mast** *COMMAND* \\[*OPTION*\\]... \\[*FILE*\\]...\\\n**mast help** \\[*COMMAND*\\]\\\n"
        "**mast completion** bash|zsh\\\n**mast --version**",
        "## Commands\n\n" + list + "## Common options\n\n" +
            definitions(mast::cli::shared_options()),
        see_also};
}

std::optional<Generated> generated(std::string_view name) {
    if (name == "mast") return of_program();
    for (const auto* command : mast::cli::commands()) {
        if (name == fmt::format("mast-{}", command->name)) return of(*command);
    }
    return std::nullopt;
}

void list_options() {
    for (const auto* command : mast::cli::commands()) {
        auto all = mast::cli::options_of(*command);
        for (auto& option : mast::cli::shared_options())
            all.push_back(std::move(option));
        for (const auto& option : all) {
            fmt::print("{} --{} {}\n", command->name, option.name, option.value);
            if (!option.letter.empty())
                fmt::print("{} -{} {}\n", command->name, option.letter, option.value);
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv, argv + argc);
    try {
        if (words.size() == 2 && words[1] == "list") {
            list_options();
        } else if (words.size() == 5 && words[1] == "page") {
            const auto about = generated(words[2]);
            if (!about) throw std::runtime_error(words[3] + ": is of no command in the table");
            std::ofstream out(words[4]);
            out << page(*about, read_prose(words[3])) << std::flush;
            if (!out) throw std::runtime_error(words[4] + ": cannot be written");
        } else {
            throw std::runtime_error("usage: mast_man page NAME PROSE.md PAGE.md | mast_man list");
        }
        if (std::fflush(stdout) != 0)
            throw std::runtime_error("standard output: cannot be written");
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "mast_man: {}\n", error.what());
        return 1;
    }
}
