// Minari 0.4 and 0.5: a group for each episode, one observation more than actions, spaces as JSON.
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "ingest/format.h"

namespace mast::ingest {

namespace {

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

void take(Spaces& spaces, const std::string& name, const std::string& where,
          const std::string& text) {
    auto& space = name == "observation_space" ? spaces.observations : spaces.actions;
    space = parse_space(text, where + ": " + name);
}

Spaces spaces_beside(const std::string& text, const std::string& where) {
    if (text.size() > InputFile::kMostMetadataBytes) {
        fail<DataError>(
            "{}: has more than {} bytes, expected Minari's metadata (remove it to go by shapes "
            "alone)",
            where, InputFile::kMostMetadataBytes);
    }
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object()) {
        fail<DataError>(
            "{}: is not a JSON object, expected Minari's metadata (remove it to go by shapes "
            "alone)",
            where);
    }
    Spaces spaces;
    for (const char* name : {"observation_space", "action_space"}) {
        if (json.contains(name) && json[name].is_string()) {
            take(spaces, name, where, json[name].get<std::string>());
        }
    }
    return spaces;
}

/// Version 0.5 keeps metadata.json beside the data; 0.4 keeps attributes of the file.
Spaces spaces(const store::h5::Group& root, const InputFile& file) {
    if (file.metadata()) return spaces_beside(*file.metadata(), file.metadata_path().string());
    Spaces result;
    for (const char* name : {"observation_space", "action_space"}) {
        if (root.has_attribute(name)) {
            take(result, name, file.path().string(), root.text_attribute(name));
        }
    }
    return result;
}

}  // namespace

const Format kMinari{"minari", "a group for each episode, as Minari writes it", detect, fields,
                     spaces};

}  // namespace mast::ingest
