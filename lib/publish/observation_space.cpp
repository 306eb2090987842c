#include "publish/observation_space.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <utility>

namespace mast::publish {

namespace {

/// As deep as ingest looks.
constexpr std::size_t kDeepest = 16;

/// A part whose name is cut at its slashes; `words` are those that are left.
struct Named {
    std::span<const std::string> words;
    std::int64_t width;
};

std::vector<std::string> words_of(const std::string& name) {
    std::vector<std::string> words(1);
    for (const char letter : name) {
        if (letter == '/') {
            words.emplace_back();
        } else {
            words.back() += letter;
        }
    }
    return words;
}

/// What HDF5 takes for something else than a name, and ingest for the number of an episode.
bool is_name(const std::string& word) {
    return !word.empty() && word != "." && word != ".." && word.find('*') == std::string::npos;
}

/// The tree of parts that stand side by side; nothing if there is none in their order.
std::optional<std::string> tree(std::span<const Named> parts) {
    if (parts.size() == 1 && parts[0].words.empty()) return box_json(parts[0].width);
    std::string members;
    std::set<std::string> seen;
    for (std::size_t first = 0; first < parts.size();) {
        if (parts[first].words.empty()) return std::nullopt;
        const auto& word = parts[first].words.front();
        if (!is_name(word) || !seen.insert(word).second) return std::nullopt;
        std::vector<Named> below;
        std::size_t last = first;
        for (; last < parts.size(); ++last) {
            if (parts[last].words.empty() || parts[last].words.front() != word) break;
            below.push_back({parts[last].words.subspan(1), parts[last].width});
        }
        const auto text = tree(below);
        if (!text) return std::nullopt;
        members += fmt::format("{}{}: {}", members.empty() ? "" : ", ", nlohmann::json(word).dump(),
                               *text);
        first = last;
    }
    return fmt::format(R"({{"type": "Dict", "subspaces": {{{}}}}})", members);
}

}  // namespace

std::string box_json(std::int64_t width) {
    const auto bounds = [width](const char* bound) {
        const std::vector<const char*> all(static_cast<std::size_t>(width), bound);
        return fmt::format("[{}]", fmt::join(all, ", "));
    };
    return fmt::format(
        R"({{"type": "Box", "dtype": "float32", "shape": [{}], "low": {}, "high": {}}})", width,
        bounds("-Infinity"), bounds("Infinity"));
}

ObservationSpace observation_space(const std::vector<store::Component>& components,
                                   std::int64_t columns) {
    constexpr const char* kRoot = "observations";
    ObservationSpace whole{{{kRoot, 0, columns}}, box_json(columns)};
    if (components.size() == 1 && components[0].name == kRoot) return whole;
    std::vector<std::vector<std::string>> words;
    ObservationSpace space;
    for (const auto& part : components) {
        words.push_back(words_of(part.name));
        space.parts.push_back({fmt::format("{}/{}", kRoot, part.name), part.first, part.width});
    }
    std::vector<Named> named;
    bool deep = false;
    for (std::size_t i = 0; i < components.size(); ++i) {
        named.push_back({words[i], components[i].width});
        deep = deep || words[i].size() > kDeepest;
    }
    auto json = deep ? std::nullopt : tree(named);
    if (!json) {
        whole.keeps_names = false;
        return whole;
    }
    space.json = std::move(*json);
    return space;
}

}  // namespace mast::publish
