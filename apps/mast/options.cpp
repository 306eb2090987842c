#include "mast/options.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <ostream>
#include <thread>

#include "base/error.h"
#include "mast/value_error.h"

namespace po = boost::program_options;

namespace mast::cli {

namespace {

/// The one value given for an option, without Boost's silent acceptance of "-1" as a count.
const std::string& single_value(boost::any& out, const std::vector<std::string>& values) {
    po::validators::check_first_occurrence(out);
    return po::validators::get_single_string(values);
}

std::int64_t whole(const std::string& text, std::int64_t least, const char* expected) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < least) {
        throw ValueError(text, expected);
    }
    return value;
}

double real(const std::string& text, double least, double most, const char* expected) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value) ||
        value < least || value > most) {
        throw ValueError(text, expected);
    }
    return value;
}

constexpr double kHuge = 1e300;

}  // namespace

void validate(boost::any& out, const std::vector<std::string>& values, Count*, int) {
    out = Count{whole(single_value(out, values), 1, "a whole number of 1 or more")};
}

void validate(boost::any& out, const std::vector<std::string>& values, Natural*, int) {
    out = Natural{whole(single_value(out, values), 0, "a whole number of 0 or more")};
}

void validate(boost::any& out, const std::vector<std::string>& values, Fraction*, int) {
    out = Fraction{real(single_value(out, values), 0, 1, "a number from 0 to 1")};
}

void validate(boost::any& out, const std::vector<std::string>& values, Chance*, int) {
    static const double kLargest = std::nextafter(1.0, 0.0);
    out = Chance{real(single_value(out, values), 0, kLargest, "a number of 0 or more, below 1")};
}

void validate(boost::any& out, const std::vector<std::string>& values, Rate*, int) {
    out = Rate{real(single_value(out, values), 0, kHuge, "a finite number of 0 or more")};
}

void validate(boost::any& out, const std::vector<std::string>& values, Real*, int) {
    out = Real{real(single_value(out, values), -kHuge, kHuge, "a finite number")};
}

std::ostream& operator<<(std::ostream& out, Count value) {
    return out << value.value;
}
std::ostream& operator<<(std::ostream& out, Natural value) {
    return out << value.value;
}
std::ostream& operator<<(std::ostream& out, Fraction value) {
    return out << fmt::format("{}", value.value);
}
std::ostream& operator<<(std::ostream& out, Chance value) {
    return out << fmt::format("{}", value.value);
}
std::ostream& operator<<(std::ostream& out, Rate value) {
    return out << fmt::format("{}", value.value);
}
std::ostream& operator<<(std::ostream& out, Real value) {
    return out << fmt::format("{}", value.value);
}

po::options_description common_options() {
    const auto cores = static_cast<std::int64_t>(std::max(1U, std::thread::hardware_concurrency()));
    constexpr unsigned kLineLength = 100;
    po::options_description options("Common options", kLineLength);
    auto add = options.add_options();
    add("seed", value<Natural>("N")->default_value(Natural{0}), "seed of everything random");
    add("threads", value<Count>("N")->default_value(Count{cores}, "all cores"),
        "threads for arithmetic");
    add("quiet,q", po::bool_switch(), "say nothing but errors");
    add("verbose,v", po::bool_switch(), "say more on stderr");
    add("progress", one_of({"auto", "never", "always"})->default_value("auto"),
        "show how far it is; auto: on a terminal");
    add("config", path("FILE"), "read options from a file of NAME = VALUE lines");
    add("help,h", po::bool_switch(), "show this text");
    return options;
}

void add_output_options(po::options_description& options) {
    auto add = options.add_options();
    add("output,o", path("PATH"), "file or folder to write (required)");
    add("overwrite,O", po::bool_switch(), "replace the output if it exists");
}

std::filesystem::path output_path(const Options& options) {
    if (options.count("output") == 0) {
        fail<UsageError>(
            "--output: is missing, expected a path (say where the result goes with -o)");
    }
    return options["output"].as<std::string>();
}

store::Overwrite overwrite(const Options& options) {
    return options["overwrite"].as<bool>() ? store::Overwrite::allow : store::Overwrite::refuse;
}

void add_shard_option(po::options_description& options) {
    options.add_options()("shard", value<std::string>("I/N"),
                          "do part I of N alone, for jobs that share the work; the parts are "
                          "read as one");
}

std::optional<store::Shard> read_shard(const Options& options) {
    if (options.count("shard") == 0) return std::nullopt;
    const auto& text = options["shard"].as<std::string>();
    store::Shard shard;
    const auto* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, shard.number);
    const bool divided = first.ec == std::errc() && first.ptr != end && *first.ptr == '/';
    const auto second = divided ? std::from_chars(first.ptr + 1, end, shard.count)
                                : std::from_chars_result{text.data(), std::errc::invalid_argument};
    if (second.ec != std::errc() || second.ptr != end || shard.number < 1 ||
        shard.number > shard.count) {
        fail<UsageError>("--shard: \"{}\" is not I/N with I from 1 to N", text);
    }
    if (shard.count == 1) return std::nullopt;
    return shard;
}

void refuse_stream(const std::filesystem::path& path, const std::string& option) {
    if (path == "-") {
        fail<UsageError>(
            "{}: is -, but HDF5 cannot be a stream, expected the path of a file (name one)",
            option);
    }
}

}  // namespace mast::cli
