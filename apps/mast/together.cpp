#include "mast/together.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <vector>

#include "base/error.h"
#include "mast/command.h"

namespace mast::cli {

namespace {

/// How many processes were started together, by mpirun or by srun.
int count_started() {
    for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"}) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment
        if (const char* value = std::getenv(name)) return std::max(1, std::atoi(value));
    }
    return 1;
}

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> words;
    for (std::string word; in >> word;)
        words.push_back(word);
    return words;
}

/// The word at a place, after the option that it may be a value of.
std::string named(const std::vector<std::string>& words, std::size_t at) {
    const bool is_value = at > 0 && words[at - 1].starts_with("-") && !words[at].starts_with("-");
    return is_value ? fmt::format("{} {}", words[at - 1], words[at]) : words[at];
}

/// The first word that differs, in both.
std::pair<std::string, std::string> difference(const std::string& a, const std::string& b) {
    auto first = words_of(a);
    auto second = words_of(b);
    const auto size = std::max(first.size(), second.size());
    first.resize(size, "nothing");
    second.resize(size, "nothing");
    const auto [in_a, in_b] = std::mismatch(first.begin(), first.end(), second.begin());
    if (in_a == first.end()) return {a, b};
    const auto at = static_cast<std::size_t>(in_a - first.begin());
    return {named(first, at), named(second, at)};
}

std::string encoded(const std::optional<Failure>& failure) {
    return failure ? fmt::format("{} {}", failure->code, failure->text) : "";
}

Failure decoded(const std::string& text) {
    const auto space = text.find(' ');
    return {text.substr(space + 1), std::stoi(text.substr(0, space))};
}

/// Only the first process talks.
[[noreturn]] void throw_together(const train::Processes& processes, Failure failure) {
    if (processes.rank() != 0) failure.text.clear();
    throw FailedTogether{std::move(failure)};
}

}  // namespace

std::unique_ptr<train::Processes> join_processes() {
    const int started = count_started();
    if (started == 1) return nullptr;
    auto processes = train::join_mpi();
    if (processes->count() != started) {
        fail<UsageError>(
            "MPI: finds {} of the {} processes that were started together (start them with "
            "mpirun, or with srun --mpi=pmix)",
            processes->count(), started);
    }
    return processes;
}

void fail_together(train::Processes& processes, const std::optional<Failure>& own) {
    const auto all = processes.gather(encoded(own));
    const auto first =
        std::find_if(all.begin(), all.end(), [](const auto& text) { return !text.empty(); });
    if (first == all.end()) return;
    auto failure = decoded(*first);
    const bool same =
        std::all_of(all.begin(), all.end(), [&](const auto& t) { return t == *first; });
    // What fails in each of them, as a wrong option does, is no one's in particular.
    if (!same) {
        const auto names = processes.gather(processes.name());
        failure.text = fmt::format("{}: {}", names[static_cast<std::size_t>(first - all.begin())],
                                   failure.text);
    }
    throw_together(processes, std::move(failure));
}

void expect_same(train::Processes& processes, const std::string& what, const std::string& value) {
    if (processes.count() == 1) return;
    const auto all = processes.gather(value);
    const auto other =
        std::find_if(all.begin(), all.end(), [&](const auto& text) { return text != all[0]; });
    if (other == all.end()) return;
    const auto names = processes.gather(processes.name());
    const auto [has, first_has] = difference(*other, all[0]);
    throw_together(processes,
                   {fmt::format("{}: has {} \"{}\", expected \"{}\" as {} has (start all alike, "
                                "with the same program and files)",
                                names[static_cast<std::size_t>(other - all.begin())], what, has,
                                first_has, names[0]),
                    kFailed});
}

}  // namespace mast::cli
