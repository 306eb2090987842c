// mast act: a policy as a filter, one line of JSON in, one out.
#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apply/policy.h"
#include "base/error.h"
#include "base/json_depth.h"
#include "base/suggest.h"
#include "mast/build_id.h"
#include "mast/commands.h"
#include "mast/domains.h"
#include "mast/json.h"
#include "mast/line_reader.h"
#include "mast/options.h"

namespace po = boost::program_options;

namespace mast::cli {

namespace {

void declare_act(po::options_description& options) {
    add_domain_option(options);
    auto add = options.add_options();
    add("run", path<std::vector<std::string>>("RUN"), "of a policy");
    add("return", value<Real>("RETURN"),
        "asked for in each episode that says none, where tokens are returns to go");
}

/// One line of the input.
struct Request {
    bool reset = false;
    std::optional<std::vector<float>> obs;
    std::optional<double> reward, rtg;
    std::vector<std::uint8_t> may;
};

double number(const Json& value, std::string_view name) {
    if (!value.is_number()) fail<DataError>("{} is {}, expected a number", name, value.type_name());
    return value.get<double>();
}

std::vector<float> numbers(const Json& value, std::string_view name) {
    if (!value.is_array())
        fail<DataError>("{} is {}, expected a list of numbers", name, value.type_name());
    std::vector<float> list;
    list.reserve(value.size());
    for (const auto& entry : value)
        list.push_back(static_cast<float>(number(entry, fmt::format("an entry of {}", name))));
    return list;
}

/// Entries 0 and 1, or false and true.
std::vector<std::uint8_t> marks(const Json& value, std::string_view name) {
    if (!value.is_array() || value.empty())
        fail<DataError>("{} is no list, expected one of 0 and 1", name);
    std::vector<std::uint8_t> list;
    for (const auto& entry : value) {
        const bool truth = entry.is_boolean();
        const auto whole = entry.is_number_integer() ? entry.get<std::int64_t>() : -1;
        if (!truth && whole != 0 && whole != 1)
            fail<DataError>("{} holds {}, expected 0 or 1", name, entry.dump());
        list.push_back((truth ? entry.get<bool>() : whole == 1) ? 1 : 0);
    }
    return list;
}

void read_entry(const std::string& name, const Json& value, Request& request) {
    static constexpr std::array<std::string_view, 5> kKnown{"obs", "reward", "rtg", "reset",
                                                            "action_mask"};
    if (name == "obs") {
        request.obs = numbers(value, name);
    } else if (name == "reward") {
        request.reward = number(value, name);
    } else if (name == "rtg") {
        request.rtg = number(value, name);
    } else if (name == "reset") {
        if (!value.is_boolean())
            fail<DataError>("reset is {}, expected true or false", value.type_name());
        request.reset = value.get<bool>();
    } else if (name == "action_mask") {
        request.may = marks(value, name);
    } else {
        fail<DataError>("\"{}\" is unknown, expected obs, reward, rtg, reset or action_mask{}",
                        name, did_you_mean(name, kKnown));
    }
}

Request read_request(const std::string& line) {
    if (line.size() >= LineReader::kLongest) {
        fail<DataError>("the line is longer than {} MB, expected one observation",
                        LineReader::kLongest >> 20U);
    }
    const auto json = nested_too_deep(line) ? Json() : Json::parse(line, nullptr, false);
    if (!json.is_object())
        fail<DataError>("the line is no JSON object, expected one such as {{\"obs\":[0.1,0.2]}}");
    Request request;
    for (const auto& [name, value] : json.items())
        read_entry(name, value, request);
    if (!request.obs && !request.reset)
        fail<DataError>("obs is missing, expected a list of numbers (or \"reset\":true)");
    return request;
}

std::string text_of(const apply::Action& action) {
    const auto what = action.values.empty() ? fmt::format("{}", action.number)
                                            : fmt::format("[{}]", fmt::join(action.values, ","));
    return fmt::format("{{\"act\":{}{}}}", what, action.clipped ? ",\"clipped\":true" : "");
}

/// What a line is answered with; empty where it only starts an episode.
std::string answer(const std::string& line, apply::Policy& policy) {
    try {
        const auto request = read_request(line);
        if (request.reset) policy.reset(request.rtg);
        if (!request.obs) return "";
        return text_of(policy.act({*request.obs, request.reward, request.rtg, request.may}));
    } catch (const DataError& error) {
        return Json{{"error", error.what()}}.dump(-1, ' ', false, Json::error_handler_t::replace);
    }
}

int run_act(Context& context) {
    const auto& options = context.options;
    if (options.count("run") == 0 || options["run"].as<std::vector<std::string>>().size() != 1)
        fail<UsageError>("expected one input, a run: mast act RUN");
    const auto& folder = options["run"].as<std::vector<std::string>>().front();
    const auto asked = options.count("return") == 0
                           ? std::nullopt
                           : std::optional(options["return"].as<Real>().value);
    auto opened = train::open_run(folder, build_id());
    choose_domain(options, opened);
    apply::Policy policy(opened, folder, asked);
    LineReader input(context.stop);
    std::string line;
    while (input.next(line)) {
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        const auto reply = answer(line, policy);
        if (reply.empty()) continue;
        context.terminal.result(reply);
        context.terminal.finish();  // who asked is waiting
    }
    return kDone;
}

}  // namespace

const Command kAct{"act",
                   "RUN [OPTION]... <OBSERVATIONS >ACTIONS",
                   "a policy as a filter: a line of JSON with obs in, one with act out",
                   {"run"},
                   declare_act,
                   run_act};

}  // namespace mast::cli
