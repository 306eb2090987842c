// Minari 0.4 and 0.5: a group for each episode, one observation more than actions, spaces as JSON.
#include <nlohmann/json.hpp>

#include <system_error>

#include "base/error.h"
#include "ingest/format.h"
#include "store/output_file.h"

namespace mast::ingest {

namespace {

constexpr std::size_t kMostMetadataBytes = std::size_t{256} << 20U;

bool detect(const store::h5::Group& root) {
    const auto numbers = episode_numbers(root, "episode_*");
    if (numbers.empty()) return false;
    const auto first = root.group(with_number("episode_*", numbers.front()));
    return first.kind_of("observations") != store::h5::Group::Kind::absent;
}

FieldMap fields(const store::h5::Group& root) {
    auto map = present_fields(root, {{"rewards", {"episode_*/rewards"}},
                                     {"terminals", {"episode_*/terminations"}},
                                     {"timeouts", {"episode_*/truncations"}}});
    map["observations"] = {"episode_*/observations"};
    map["actions"] = {"episode_*/actions"};
    return map;
}

/// Version 0.5 keeps metadata.json beside the data; 0.4 keeps attributes of the file.
Spaces spaces(const store::h5::Group& root, const std::filesystem::path& path) {
    Spaces result;
    const auto take = [&](const char* name, const std::string& where, const std::string& text) {
        auto& space =
            std::string(name) == "observation_space" ? result.observations : result.actions;
        space = parse_space(text, where + ": " + name);
    };
    const auto beside = path.parent_path() / "metadata.json";
    std::error_code ignored;
    if (std::filesystem::exists(beside, ignored)) {
        const auto text = store::read_file(beside, kMostMetadataBytes);
        const auto json = nlohmann::json::parse(text, nullptr, false);
        if (!json.is_object()) {
            fail<DataError>(
                "{}: is not a JSON object, expected Minari's metadata (remove it to go by "
                "shapes alone)",
                beside.string());
        }
        for (const char* name : {"observation_space", "action_space"}) {
            if (json.contains(name) && json[name].is_string()) {
                take(name, beside.string(), json[name].get<std::string>());
            }
        }
        return result;
    }
    for (const char* name : {"observation_space", "action_space"}) {
        if (root.has_attribute(name)) take(name, path.string(), root.text_attribute(name));
    }
    return result;
}

}  // namespace

const Format kMinari{"minari", "a group for each episode, as Minari writes it", detect, fields,
                     spaces};

}  // namespace mast::ingest
