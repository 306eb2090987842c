#include "mask/objective_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json_depth.h"
#include "base/suggest.h"
#include "store/output_file.h"

namespace mast::mask {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 20U;

[[noreturn]] void refuse(const std::string& where, const std::string& what) {
    fail<UsageError>("objective {}: {}", where, what);
}

ordered_json parse_object(const std::string& text, const std::string& where) {
    auto json = nested_too_deep(text) ? ordered_json() : ordered_json::parse(text, nullptr, false);
    if (!json.is_object()) {
        refuse(where, "is not a JSON object, expected one such as {\"hide\": \"k.kind==act\"}");
    }
    return json;
}

std::int64_t index_of(const ordered_json& value, std::int64_t tokens, const std::string& where,
                      const char* key) {
    if (!value.is_number_integer() || value < 0 || value >= tokens) {
        refuse(where, fmt::format("{} holds {}, expected tokens from 0 to {}", key, value.dump(),
                                  tokens - 1));
    }
    return value.get<std::int64_t>();
}

std::vector<std::uint8_t> read_matrix(const ordered_json& rows, std::int64_t tokens,
                                      const std::string& where) {
    std::vector<std::uint8_t> attend;
    const auto n = static_cast<std::size_t>(tokens);
    const auto fits = [&](const ordered_json& row) { return row.is_array() && row.size() == n; };
    if (rows.size() != n || !std::all_of(rows.begin(), rows.end(), fits)) {
        refuse(where, fmt::format("attend is no {} x {} matrix, expected a row for each token (the "
                                  "context times the kinds of token)",
                                  tokens, tokens));
    }
    attend.reserve(n * n);
    for (const auto& row : rows) {
        for (const auto& value : row) {
            if (value != 0 && value != 1) {
                refuse(where, fmt::format("attend holds {}, expected 0 and 1", value.dump()));
            }
            attend.push_back(value == 1 ? 1 : 0);
        }
    }
    return attend;
}

std::vector<std::uint8_t> read_tokens(const ordered_json& list, std::int64_t tokens,
                                      const std::string& where) {
    std::vector<std::uint8_t> chosen(static_cast<std::size_t>(tokens), 0);
    for (const auto& value : list)
        chosen[static_cast<std::size_t>(index_of(value, tokens, where, "hide"))] = 1;
    return chosen;
}

std::vector<std::int64_t> read_readouts(const ordered_json& list, std::int64_t tokens,
                                        const std::string& where) {
    std::vector<std::int64_t> readout(static_cast<std::size_t>(tokens), kNoReadout);
    for (const auto& entry : list) {
        if (!entry.is_object() || !entry.contains("token") || !entry.contains("row")) {
            refuse(where, fmt::format("predict holds {}, expected {{\"token\": K, \"row\": Q}}",
                                      entry.dump()));
        }
        const auto token = index_of(entry["token"], tokens, where, "predict");
        auto& row = readout[static_cast<std::size_t>(token)];
        if (row != kNoReadout) {
            refuse(where, fmt::format("predict holds token {} twice, expected it once", token));
        }
        row = index_of(entry["row"], tokens, where, "predict");
    }
    return readout;
}

/// A value as it stands in a spec: 0.5, 0.1..0.3 for [0.1, 0.3], true, an expression.
std::string argument(const std::string& key, const ordered_json& value, const std::string& where) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_number() || value.is_boolean()) return value.dump();
    if (value.is_array() && value.size() == 2 && value[0].is_number() && value[1].is_number())
        return value[0].dump() + ".." + value[1].dump();
    refuse(where, fmt::format("{} is {}, expected text, a number, or two numbers for a range", key,
                              value.dump()));
}

std::string name_of(const ordered_json& json, const std::string& where) {
    if (!json.contains("name")) return "custom";
    const auto& name = json["name"];
    auto text = name.is_string() ? name.get<std::string>() : "";
    if (!is_label(text)) {
        refuse(where, fmt::format("name is {}, expected letters, digits, _ and -", name.dump()));
    }
    return text;
}

}  // namespace

JsonObjective read_objective_json(const std::string& text, const std::string& where,
                                  std::int64_t tokens) {
    const auto json = parse_object(text, where);
    JsonObjective read{name_of(json, where), "custom", {}};
    const char* before = ":";
    for (const auto& [key, value] : json.items()) {
        if (key == "name") continue;
        if (key == "attend" && value.is_array()) {
            read.given.attend = read_matrix(value, tokens, where);
        } else if (key == "hide" && value.is_array()) {
            read.given.hide = read_tokens(value, tokens, where);
        } else if (key == "predict" && value.is_array()) {
            read.given.readout = read_readouts(value, tokens, where);
        } else {
            read.spec += before + key + "=" + argument(key, value, where);
            before = ",";
        }
    }
    return read;
}

std::string without_file(const std::string& spec) {
    if (!spec.starts_with('@')) return spec;
    const auto path = spec.substr(1);
    // What is no UTF-8 is refused where the object is read.
    return parse_object(store::read_file(path, kMostBytes), path)
        .dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace mast::mask
