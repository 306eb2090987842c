// The four ways in which work can fail, and how a failure is worded.
//
// Every message reads "WHERE: what is, what was expected (what to do)": lower case, one line, no
// full stop. apps/mast/main.cpp puts "mast COMMAND: " before it and picks the exit code.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace mast {

/// Base of all failures that a user is told of.
class Error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The command line, a spec or a configuration is wrong. Exit code 2.
class UsageError : public Error {
  public:
    using Error::Error;
};

/// A file's content is not what it should be. Exit code 1.
class DataError : public Error {
  public:
    using Error::Error;
};

/// The system refused to read or write. Exit code 1.
class IoError : public Error {
  public:
    using Error::Error;
};

/// Training left the range of finite numbers. Exit code 1.
class DivergedError : public Error {
  public:
    using Error::Error;
};

/// Throws E with a formatted message.
template <class E, class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
    throw E(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace mast
