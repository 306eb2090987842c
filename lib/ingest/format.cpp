#include "ingest/format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "base/error.h"
#include "base/suggest.h"

namespace mast::ingest {

std::span<const Format* const> formats() {
    static constexpr std::array kTable{&kMinari, &kRobomimic, &kD3rlpy, &kD4rl, &kMapped};
    return kTable;
}

const Format& find_format(const std::string& name) {
    std::vector<std::string_view> known;
    for (const auto* format : formats()) {
        if (name == format->name) return *format;
        known.emplace_back(format->name);
    }
    fail<UsageError>("--format: \"{}\" is not {}{}", name, fmt::join(known, ", "),
                     did_you_mean(name, known));
}

const Format* detect_format(const store::h5::Group& root) {
    const auto all = formats();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const Format* format) { return format->detect(root); });
    return found == all.end() ? nullptr : *found;
}

std::string with_number(const std::string& path, std::int64_t number) {
    const auto star = path.find('*');
    if (star == std::string::npos) return path;
    return path.substr(0, star) + std::to_string(number) + path.substr(star + 1);
}

std::vector<std::int64_t> episode_numbers(const store::h5::Group& root, const std::string& path) {
    // "data/demo_*/obs": members of "data" that read "demo_" and a number.
    const auto star = path.find('*');
    const auto slash = path.rfind('/', star);
    const auto begin = slash == std::string::npos ? 0 : slash + 1;
    const auto end = std::min(path.find('/', star), path.size());
    const auto prefix = path.substr(begin, star - begin);
    const auto suffix = path.substr(star + 1, end - star - 1);
    const auto parent = path.substr(0, slash == std::string::npos ? 0 : slash);
    if (!parent.empty() && !root.has_group(parent)) return {};
    const auto children = parent.empty() ? root.children() : root.group(parent).children();
    std::vector<std::int64_t> numbers;
    for (const auto& child : children) {
        const auto& name = child.name;
        if (name.size() <= prefix.size() + suffix.size() || !name.starts_with(prefix) ||
            !name.ends_with(suffix)) {
            continue;
        }
        std::int64_t number = 0;
        const char* first = name.data() + prefix.size();
        const char* last = name.data() + name.size() - suffix.size();
        const auto [stop, error] = std::from_chars(first, last, number);
        // "007" and "+7" would not be found again under the number 7.
        if (error == std::errc() && stop == last && number >= 0 &&
            std::to_string(number).size() == static_cast<std::size_t>(last - first)) {
            numbers.push_back(number);
        }
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

FieldMap present_fields(const store::h5::Group& root, const FieldMap& fields) {
    FieldMap present;
    for (const auto& [field, paths] : fields) {
        auto path = paths.front();
        if (path.find('*') != std::string::npos) {
            const auto numbers = episode_numbers(root, path);
            if (numbers.empty()) continue;
            path = with_number(path, numbers.front());
        }
        if (root.kind_of(path) != store::h5::Group::Kind::absent) present[field] = paths;
    }
    return present;
}

}  // namespace mast::ingest
