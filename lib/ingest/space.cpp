#include "ingest/space.h"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <limits>

#include "base/error.h"

namespace mast::ingest {

namespace {

using nlohmann::ordered_json;

constexpr int kDeepest = 32;

/// Infinity and NaN outside of strings become null.
std::string without_infinities(const std::string& json) {
    std::string out;
    bool quoted = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        if (json[i] == '"' && (i == 0 || json[i - 1] != '\\')) quoted = !quoted;
        bool replaced = false;
        for (const std::string word : {"-Infinity", "Infinity", "NaN"}) {
            if (quoted || json.compare(i, word.size(), word) != 0) continue;
            out += "null";
            i += word.size() - 1;
            replaced = true;
            break;
        }
        if (!replaced) out += json[i];
    }
    return out;
}

constexpr std::int64_t kMostValues = 1 << 20;

Space::Range range(std::int64_t start, const ordered_json& count) {
    constexpr std::int64_t kFarthest = std::int64_t{1} << 52;
    const Space::Range result{start, count.get<std::int64_t>()};
    if (result.count < 1 || result.count > kMostValues || std::abs(start) > kFarthest) {
        throw std::invalid_argument(fmt::format("{} values from {} on", result.count, start));
    }
    return result;
}

/// Numbers of nested lists, one after another; `otherwise` where there is none.
void append_bounds(const ordered_json& json, float otherwise, int depth, std::vector<float>& out) {
    if (depth > kDeepest || out.size() > static_cast<std::size_t>(kMostValues))
        throw std::invalid_argument("bounds of too many values");
    if (!json.is_array()) {
        out.push_back(json.is_number() ? json.get<float>() : otherwise);
        return;
    }
    for (const auto& entry : json)
        append_bounds(entry, otherwise, depth + 1, out);
}

std::vector<float> bounds(const ordered_json& json, const char* name, float otherwise) {
    std::vector<float> values;
    if (json.contains(name)) append_bounds(json[name], otherwise, 0, values);
    return values;
}

Space read(const ordered_json& json, int depth) {
    if (depth > kDeepest) throw std::invalid_argument("nested too deep");
    Space space;
    space.type = json.at("type").get<std::string>();
    if (space.type == "Box") {
        constexpr float kNone = std::numeric_limits<float>::infinity();
        space.kind = Space::Kind::box;
        space.low = bounds(json, "low", -kNone);
        space.high = bounds(json, "high", kNone);
    } else if (space.type == "Discrete") {
        space.kind = Space::Kind::discrete;
        space.ranges.push_back(range(json.value("start", std::int64_t{0}), json.at("n")));
    } else if (space.type == "MultiDiscrete") {
        space.kind = Space::Kind::multi_discrete;
        const auto start = json.value("start", std::vector<std::int64_t>{});
        for (const auto& count : json.at("nvec")) {
            const auto i = space.ranges.size();
            space.ranges.push_back(range(i < start.size() ? start[i] : 0, count));
        }
    } else if (space.type == "MultiBinary") {
        space.kind = Space::Kind::multi_binary;
    } else if (space.type == "Text") {
        space.kind = Space::Kind::text;
    } else if (space.type == "Dict") {
        space.kind = Space::Kind::dict;
        for (const auto& [key, part] : json.at("subspaces").items()) {
            space.parts.push_back({key, read(part, depth + 1)});
        }
    } else if (space.type == "Tuple") {
        space.kind = Space::Kind::tuple;
        for (const auto& part : json.at("subspaces")) {
            space.parts.push_back(
                {fmt::format("_index_{}", space.parts.size()), read(part, depth + 1)});
        }
    }
    return space;
}

}  // namespace

const Space* Space::find(const std::string& path) const {
    if (path.empty()) return this;
    const auto slash = path.find('/');
    for (const auto& [name, part] : parts) {
        if (name != path.substr(0, slash)) continue;
        return part.find(slash == std::string::npos ? "" : path.substr(slash + 1));
    }
    return nullptr;
}

Space parse_space(const std::string& json, const std::string& where) {
    try {
        return read(ordered_json::parse(without_infinities(json)), 0);
    } catch (const std::exception& error) {
        fail<DataError>(
            "{}: is not a description of a space ({}), expected Gymnasium's JSON (remove "
            "it to go by shapes alone)",
            where, error.what());
    }
}

}  // namespace mast::ingest
