#include "store/history.h"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "base/error.h"

namespace mast::store {

using nlohmann::ordered_json;

History join(History first, const History& second) {
    for (const auto& entry : second) {
        if (std::find(first.begin(), first.end(), entry) == first.end()) first.push_back(entry);
    }
    return first;
}

std::string to_json(const History& history) {
    auto list = ordered_json::array();
    for (const auto& entry : history) {
        list.push_back({{"command", entry.command},
                        {"version", entry.version},
                        {"seed", entry.seed},
                        {"inputs", entry.inputs}});
    }
    // A command line need not be UTF-8, but JSON is.
    return list.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

History history_from_json(const std::string& text, const std::string& where) {
    try {
        History history;
        for (const auto& item : nlohmann::json::parse(text)) {
            history.push_back({item.at("command").get<std::string>(),
                               item.at("version").get<std::string>(),
                               item.at("seed").get<std::uint64_t>(),
                               item.at("inputs").get<std::vector<std::string>>()});
        }
        return history;
    } catch (const nlohmann::json::exception&) {
        fail<DataError>(
            "{}: history is not a JSON list of commands, expected one (is the file whole?)", where);
    }
}

}  // namespace mast::store
