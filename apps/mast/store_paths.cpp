#include "mast/store_paths.h"

#include <glob.h>

#include <algorithm>

#include "base/error.h"
#include "store/shard.h"

namespace fs = std::filesystem;

namespace mast::cli {

std::vector<fs::path> matches(const std::string& word) {
    std::error_code ignored;
    if (word.find_first_of("*?[") == std::string::npos || fs::exists(word, ignored)) return {word};
    glob_t found{};
    std::vector<fs::path> paths;
    if (glob(word.c_str(), 0, nullptr, &found) == 0) {
        paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    }
    globfree(&found);
    if (paths.empty())
        fail<IoError>("{}: matches no file, expected some (check the pattern)", word);
    return paths;
}

std::vector<fs::path> one_store(const std::string& word) {
    auto wholes = store::join_shards(matches(word));
    if (wholes.size() == 1) return wholes.front();
    fail<DataError>("{}: matches {} stores, expected one, or all shards of one (be more precise)",
                    word, wholes.size());
}

std::string name_of_store(const std::string& word) {
    auto stem = fs::path(word).stem().string();
    const auto star = stem.find_first_of("*?[");
    if (star == std::string::npos) return stem;
    const auto last = stem.find_last_not_of("-_.", star == 0 ? 0 : star - 1);
    if (star == 0 || last == std::string::npos) return fs::path(word).parent_path().filename();
    return stem.substr(0, last + 1);
}

}  // namespace mast::cli
