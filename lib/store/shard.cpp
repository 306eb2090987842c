#include "store/shard.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"

namespace mast::store {

namespace {

struct Numbered {
    std::int64_t number;
    std::filesystem::path path;
};

/// The shards of one set that were given; by number, when they are looked at.
struct Given {
    Shard any;
    std::vector<Numbered> files;
};

void expect_all(const Given& given) {
    const auto& files = given.files;
    for (std::size_t f = 1; f < files.size(); ++f) {
        if (files[f].number != files[f - 1].number) continue;
        fail<DataError>("{}: stands twice as shard {} of {}, expected it once (leave one out)",
                        files[f].path.string(), files[f].number, given.any.count);
    }
    std::vector<std::string> missing;
    for (std::int64_t number = 1; number <= given.any.count; ++number) {
        const auto is_it = [&](const auto& file) { return file.number == number; };
        if (std::none_of(files.begin(), files.end(), is_it))
            missing.push_back(fmt::format("{}", number));
    }
    if (missing.empty()) return;
    constexpr std::size_t kMostNamed = 8;
    const auto all = missing.size();
    missing.resize(std::min(all, kMostNamed));
    fail<DataError>(
        "{}: is one of {} shards, of which {}{} missing: {}{}; expected all (name them together, "
        "as in 'stores/*.h5', or make them with --shard I/{})",
        files.front().path.string(), given.any.count, all == 1 ? "" : fmt::format("{} ", all),
        all == 1 ? "one is" : "are", fmt::join(missing, ", "), all > kMostNamed ? ", ..." : "",
        given.any.count);
}

}  // namespace

std::int64_t first_of_shard(std::int64_t items, std::int64_t number, std::int64_t count) {
    return items / count * (number - 1) + std::min(number - 1, items % count);
}

void write_shard(h5::Group& root, const Shard& shard) {
    root.set_attribute("shard", shard.number);
    root.set_attribute("shards", shard.count);
    root.set_attribute("shard_set", shard.set);
}

std::optional<Shard> read_shard(const h5::Group& root) {
    if (!root.has_attribute("shards")) return std::nullopt;
    Shard shard{root.whole_attribute("shard"), root.whole_attribute("shards"),
                root.text_attribute("shard_set")};
    constexpr std::int64_t kMost = 1 << 20;
    if (shard.count < 1 || shard.count > kMost || shard.number < 1 || shard.number > shard.count) {
        fail<DataError>("{}: is shard {} of {}, expected one of 1 to {} (is the file whole?)",
                        root.where(), shard.number, shard.count, kMost);
    }
    return shard;
}

std::vector<std::vector<std::filesystem::path>> join_shards(
    const std::vector<std::filesystem::path>& paths) {
    std::vector<Given> wholes;
    for (const auto& path : paths) {
        const auto file = h5::File::open(path);
        const auto shard = read_shard(file.root());
        const auto known = std::find_if(wholes.begin(), wholes.end(), [&](const Given& given) {
            return shard && given.any.set == shard->set && given.any.count == shard->count;
        });
        if (known == wholes.end()) {
            wholes.push_back({shard.value_or(Shard{}), {{shard ? shard->number : 1, path}}});
        } else {
            known->files.push_back({shard->number, path});
        }
    }
    std::vector<std::vector<std::filesystem::path>> joined;
    for (auto& whole : wholes) {
        std::stable_sort(whole.files.begin(), whole.files.end(),
                         [](const auto& a, const auto& b) { return a.number < b.number; });
        expect_all(whole);
        auto& list = joined.emplace_back();
        for (auto& file : whole.files)
            list.push_back(std::move(file.path));
    }
    return joined;
}

}  // namespace mast::store
