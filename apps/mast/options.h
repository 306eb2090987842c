// Groups of options that mean the same in every command, and values that are checked as they are
// read.
#pragma once

#include <boost/any.hpp>
#include <boost/program_options.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "mast/option_value.h"
#include "store/output_file.h"
#include "store/shard.h"

namespace mast::cli {

/// A whole number of 1 or more.
struct Count {
    std::int64_t value = 1;
};
/// A whole number of 0 or more.
struct Natural {
    std::int64_t value = 0;
};
/// A number in 0 .. 1.
struct Fraction {
    double value = 0;
};
/// A number of 0 or more, below 1.
struct Chance {
    double value = 0;
};
/// A finite number of 0 or more.
struct Rate {
    double value = 0;
};
/// A finite number.
struct Real {
    double value = 0;
};

// Found by Boost through the argument's type; each throws UsageError saying what was expected.
void validate(boost::any& out, const std::vector<std::string>& values, Count*, int);
void validate(boost::any& out, const std::vector<std::string>& values, Natural*, int);
void validate(boost::any& out, const std::vector<std::string>& values, Fraction*, int);
void validate(boost::any& out, const std::vector<std::string>& values, Chance*, int);
void validate(boost::any& out, const std::vector<std::string>& values, Rate*, int);
void validate(boost::any& out, const std::vector<std::string>& values, Real*, int);
std::ostream& operator<<(std::ostream& out, Count value);
std::ostream& operator<<(std::ostream& out, Natural value);
std::ostream& operator<<(std::ostream& out, Fraction value);
std::ostream& operator<<(std::ostream& out, Chance value);
std::ostream& operator<<(std::ostream& out, Rate value);
std::ostream& operator<<(std::ostream& out, Real value);

using Options = boost::program_options::variables_map;

/// --help --seed --threads -q -v --progress --config, the same in every command.
boost::program_options::options_description common_options();

/// -o/--output and -O/--overwrite.
void add_output_options(boost::program_options::options_description& options);

/// The value of --output; throws UsageError where it is missing.
std::filesystem::path output_path(const Options& options);
store::Overwrite overwrite(const Options& options);

/// --shard I/N: part I of N, for jobs that share a work.
void add_shard_option(boost::program_options::options_description& options);
/// Nothing for the whole. Throws UsageError.
std::optional<store::Shard> read_shard(const Options& options);

/// Throws UsageError for "-" where the form is HDF5 and so no stream.
void refuse_stream(const std::filesystem::path& path, const std::string& option);

}  // namespace mast::cli
