#include "base/version.h"

#include <fmt/format.h>
#include <gnu/libc-version.h>
#include <xxhash.h>

namespace mast {

const char* version() {
    return MAST_VERSION;
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
