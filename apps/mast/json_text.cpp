#include "mast/json_text.h"
#include "mast/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace mast::cli {

namespace {

constexpr std::size_t kMostRows = 40;

bool is_table(const Json& value) {
    return value.is_array() && !value.empty() &&
           std::all_of(value.begin(), value.end(), [](const auto& v) { return v.is_object(); });
}

std::string plain(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_number_float()) return fmt::format("{:.6g}", value.get<double>());
    if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
    if (value.is_null()) return "unknown";
    if (value.is_array() || value.is_object()) {
        std::string text;
        for (const auto& [key, part] : value.items()) {
            if (!text.empty()) text += ", ";
            text += value.is_object() ? fmt::format("{} {}", key, plain(part)) : plain(part);
        }
        return text.empty() ? "none" : text;
    }
    return value.dump();
}

std::string table(const Json& list) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : list.front().items())
        keys.push_back(key);
    std::vector<std::vector<std::string>> rows{keys};
    for (const auto& item : list) {
        if (rows.size() > kMostRows) break;
        rows.emplace_back();
        for (const auto& key : keys)
            rows.back().push_back(item.contains(key) ? plain(item[key]) : "");
    }
    std::vector<std::size_t> width(keys.size());
    for (const auto& row : rows) {
        for (std::size_t c = 0; c < row.size(); ++c)
            width[c] = std::max(width[c], row[c].size());
    }
    std::string text;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t c = 0; c < row.size(); ++c)
            line += fmt::format("  {:<{}}", row[c], width[c]);
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    if (list.size() > kMostRows) {
        text += fmt::format("  and {} more (--json shows all)\n", list.size() - kMostRows);
    }
    return text;
}

}  // namespace

std::string aligned_text(const std::string& json) {
    const auto object = Json::parse(json);
    std::size_t width = 0;
    for (const auto& [key, value] : object.items()) {
        if (!is_table(value)) width = std::max(width, key.size());
    }
    std::string text;
    for (const auto& [key, value] : object.items()) {
        if (is_table(value)) {
            text += fmt::format("{}\n{}", key, table(value));
        } else {
            text += fmt::format("{:<{}}  {}\n", key, width, plain(value));
        }
    }
    return text;
}

}  // namespace mast::cli
