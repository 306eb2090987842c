#include "ingest/field_map.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.h"
#include "base/suggest.h"

namespace mast::ingest {

namespace {

constexpr std::array<std::string_view, 7> kFields{"observations",     "actions",   "action_mask",
                                                  "rewards",          "terminals", "timeouts",
                                                  "next_observations"};

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::size_t first = 0;
    for (std::size_t end = 0; end != std::string::npos; first = end + 1) {
        end = text.find(separator, first);
        parts.push_back(text.substr(first, end == std::string::npos ? end : end - first));
    }
    return parts;
}

/// Without the slash that may stand in front.
std::string checked_path(std::string path, const std::string& field) {
    path.erase(0, path.find_first_not_of('/') == std::string::npos ? path.size()
                                                                   : path.find_first_not_of('/'));
    if (path.empty()) {
        fail<UsageError>("--map: {} has an empty path, expected a path inside the file", field);
    }
    if (std::count(path.begin(), path.end(), '*') > 1) {
        fail<UsageError>("--map: {} has more than one *, expected one for the episode's number",
                         path);
    }
    return path;
}

}  // namespace

FieldMap parse_field_map(const std::string& text) {
    FieldMap map;
    for (const auto& entry : split(text, ',')) {
        const auto equals = entry.find('=');
        const auto field = entry.substr(0, equals);
        if (equals == std::string::npos) {
            fail<UsageError>(
                "--map: \"{}\" is not FIELD=PATH, expected for example "
                "observations=path,actions=path",
                entry);
        }
        if (std::find(kFields.begin(), kFields.end(), field) == kFields.end()) {
            fail<UsageError>("--map: \"{}\" is no field, expected {}{}", field,
                             fmt::join(kFields, ", "), did_you_mean(field, kFields));
        }
        if (map.contains(field)) {
            fail<UsageError>("--map: {} is there twice, expected it once (join paths with +)",
                             field);
        }
        for (auto& path : split(entry.substr(equals + 1), '+')) {
            map[field].push_back(checked_path(path, field));
        }
    }
    return map;
}

}  // namespace mast::ingest
