#include "base/version.h"

#include <fmt/format.h>
#include <gnu/libc-version.h>
#include <xxhash.h>

#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace mast {

namespace {

/// The first two numbers of "0.1.0".
std::optional<std::pair<int, int>> release_of(std::string_view text) {
    std::pair<int, int> release;
    const char* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, release.first);
    if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') return std::nullopt;
    const auto second = std::from_chars(first.ptr + 1, end, release.second);
    if (second.ec != std::errc() || (second.ptr != end && *second.ptr != '.')) return std::nullopt;
    return release;
}

}  // namespace

const char* version() {
    return MAST_VERSION;
}

void expect_readable(const std::string& written, const std::string& where) {
    const auto release = release_of(written);
    if (!release) {
        fail<DataError>("{}: was written by mast \"{}\", expected a version such as {}", where,
                        written, version());
    }
    if (*release > *release_of(version())) {
        fail<DataError>("{}: was written by mast {}, expected {} or earlier (use a newer mast)",
                        where, written, version());
    }
}

std::vector<Library> base_libraries() {
    const unsigned hash = XXH_versionNumber();
    return {
        {"fmt",
         fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
        {"glibc", gnu_get_libc_version()},
        {"xxHash", fmt::format("{}.{}.{}", hash / 10000, hash / 100 % 100, hash % 100)},
    };
}

}  // namespace mast
