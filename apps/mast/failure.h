// What a failure is to people and to scripts: a line and an exit code.
#pragma once

#include <string>

namespace mast::cli {

struct Failure {
    std::string text;  ///< empty: nothing is to be said
    int code;
};

/// Of the exception that is being handled.
Failure current_failure();

/// Thrown by all processes of a training for one reason, which the first of them tells.
struct FailedTogether {
    Failure failure;
};

}  // namespace mast::cli
