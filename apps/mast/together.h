// Several processes that do one command: where each does something that may fail, all go on or
// none.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include "mast/failure.h"
#include "train/processes.h"

namespace mast::cli {

/// The processes that mpirun or srun started this one with, as the environment says; null if it is
/// by itself. Throws IoError or UsageError.
std::unique_ptr<train::Processes> join_processes();

/// Throws FailedTogether in all processes if one of them has failed. own: of this process, empty if
/// it has not.
void fail_together(train::Processes& processes, const std::optional<Failure>& own);

/// What `work` returns, if it succeeds in every process; else all fail, for one reason.
template <class Work>
auto together(train::Processes& processes, const Work& work) {
    using Result = std::invoke_result_t<Work>;
    if (processes.count() == 1) return work();
    std::optional<Failure> failure;
    if constexpr (std::is_void_v<Result>) {
        try {
            work();
        } catch (...) {
            failure = current_failure();
        }
        fail_together(processes, failure);
    } else {
        std::optional<Result> result;
        try {
            result.emplace(work());
        } catch (...) {
            failure = current_failure();
        }
        fail_together(processes, failure);
        return std::move(*result);
    }
}

/// All fail unless this is the same in each: the first that differs is named, and in which word.
/// what: "the arguments".
void expect_same(train::Processes& processes, const std::string& what, const std::string& value);

}  // namespace mast::cli
