// Checks of our own reasoning; they stay in release builds, because a wrong result costs more.
#pragma once

#include <fmt/format.h>

#include <stdexcept>

/// Throws std::logic_error where an invariant of the program itself is broken.
#define MAST_ASSERT(condition)                                                               \
    do {                                                                                     \
        if (!(condition)) {                                                                  \
            throw std::logic_error(                                                          \
                fmt::format("{}:{}: broken invariant: {}", __FILE__, __LINE__, #condition)); \
        }                                                                                    \
    } while (false)
