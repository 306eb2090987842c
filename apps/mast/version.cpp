#include "mast/version.h"

#include <fmt/format.h>
#include <boost/version.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>

#include "base/confine.h"
#include "compute/library_gemm.h"
#include "git_id.h"
#include "mask/expression.h"
#include "picture/raster.h"
#include "store/h5.h"
#include "train/event_log.h"
#include "train/processes.h"

namespace mast::cli {

namespace {

/// Those that are compiled in tell the version of their headers.
std::vector<Library> header_libraries() {
    return {
        {"Boost", fmt::format("{}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000,
                              BOOST_VERSION % 100)},
        {"nlohmann-json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR,
                                      NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH)}};
}

}  // namespace

std::string version_line() {
    const std::string commit = kGitId;
    return fmt::format("mast {}{}{}", version(), commit.empty() ? "" : ", git ", commit);
}

std::vector<Library> libraries() {
    auto all = base_libraries();
    const auto with_headers = header_libraries();
    all.insert(all.end(), with_headers.begin(), with_headers.end());
    all.push_back(filter_library());
    all.push_back(store::h5::library());
    all.push_back(mask::expression_library());
    all.push_back(compute::gemm_library());
    all.push_back(picture::png_library());
    all.push_back(train::event_library());
    if (const auto mpi = train::mpi_library()) all.push_back(*mpi);
    const auto without_case = [](char a, char b) { return std::tolower(a) < std::tolower(b); };
    std::sort(all.begin(), all.end(), [&](const Library& a, const Library& b) {
        return std::lexicographical_compare(a.name.begin(), a.name.end(), b.name.begin(),
                                            b.name.end(), without_case);
    });
    return all;
}

std::string version_text() {
    std::string text = version_line() + "\n";
    for (const auto& library : libraries())
        text += fmt::format("{} {}\n", library.name, library.version);
    return text;
}

}  // namespace mast::cli
