// An option's value that is not of its type.
#pragma once

#include <boost/program_options.hpp>

#include <string>
#include <utility>

namespace mast::cli {

/// Boost fills in the option's name on the way up; main() words the message.
class ValueError : public boost::program_options::error_with_option_name {
  public:
    ValueError(std::string value_in, std::string expected_in)
        : error_with_option_name("%canonical_option%"),
          value(std::move(value_in)),
          expected(std::move(expected_in)) {}

    std::string value;
    std::string expected;  ///< "a whole number of 1 or more"
};

}  // namespace mast::cli
