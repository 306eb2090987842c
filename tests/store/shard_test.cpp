#include "store/shard.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "store/merge.h"
#include "store/trajectories.h"
#include "support/temp_dir.h"

namespace mast::store {

namespace {

constexpr std::int64_t kEpisodes = 23;
constexpr SplitRule kRule{0.3, 0.1, 5};

/// Episodes first .. last - 1 of the same data, whatever file they are in.
void write(const std::filesystem::path& path, std::int64_t first, std::int64_t last, bool discrete,
           const std::optional<Shard>& shard) {
    TrajectorySpec spec;
    spec.obs_dim = 2;
    spec.act_dim = discrete ? 3 : 1;
    spec.action_kind = discrete ? ActionKind::discrete : ActionKind::continuous;
    spec.components = {{"place", 0, 2}};
    spec.discount = 0.9;
    spec.action_masks = discrete;
    TrajectoryWriter writer(path, Overwrite::refuse, spec, {{"test", "0", 0, {}}}, shard);
    for (auto e = first; e < last; ++e) {
        Random random(1, "shard test", static_cast<std::uint64_t>(e));
        const auto steps = 1 + random.below(2000);
        std::vector<float> obs, act, rew;
        std::vector<std::int32_t> classes;
        for (std::int64_t t = 0; t < steps; ++t) {
            obs.push_back(static_cast<float>(1e4 + random.normal()));
            obs.push_back(static_cast<float>(random.normal()));
            act.push_back(static_cast<float>(random.uniform()));
            classes.push_back(static_cast<std::int32_t>(random.below(3)));
            rew.push_back(static_cast<float>(random.normal()));
        }
        std::vector<std::uint8_t> may(3 * classes.size(), 0);
        for (std::size_t t = 0; t < classes.size(); ++t)
            may[3 * t + static_cast<std::size_t>(classes[t])] = may[3 * t] = 1;
        if (discrete) {
            writer.append({steps, obs, {}, classes, rew, may});
        } else {
            writer.append({steps, obs, act, {}, rew});
        }
        const std::vector<float> after{1, static_cast<float>(e)};
        writer.end_episode(e % 2 == 0 ? End::terminated : End::truncated,
                           e % 3 == 0 ? std::span<const float>(after) : std::span<const float>());
    }
    writer.finish(kRule);
}

std::vector<std::filesystem::path> write_shards(const test::TempDir& dir, std::int64_t count,
                                                bool discrete, const std::string& set) {
    std::vector<std::filesystem::path> paths;
    for (std::int64_t number = 1; number <= count; ++number) {
        paths.push_back(dir / (set + std::to_string(number) + ".h5"));
        write(paths.back(), first_of_shard(kEpisodes, number, count),
              first_of_shard(kEpisodes, number + 1, count), discrete, Shard{number, count, set});
    }
    return paths;
}

std::string refusal(const std::vector<std::filesystem::path>& paths) {
    try {
        join_shards(paths);
    } catch (const DataError& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_SUITE("store/shard") {
    TEST_CASE("shares follow each other, cover everything and differ by one at most") {
        for (std::int64_t items : {1, 7, 100}) {
            for (std::int64_t count : {1, 2, 3, 7}) {
                CHECK(first_of_shard(items, 1, count) == 0);
                CHECK(first_of_shard(items, count + 1, count) == items);
                for (std::int64_t number = 1; number <= count; ++number) {
                    const auto size = first_of_shard(items, number + 1, count) -
                                      first_of_shard(items, number, count);
                    CHECK(size >= items / count);
                    CHECK(size <= items / count + 1);
                }
            }
        }
    }

    TEST_CASE("shards read together are the store: rows, splits, statistics, to the bit") {
        for (const bool discrete : {false, true}) {
            CAPTURE(discrete);
            const test::TempDir dir;
            write(dir / "whole.h5", 0, kEpisodes, discrete, std::nullopt);
            const TrajectoryReader whole(dir / "whole.h5");
            for (const std::int64_t count : {2, 5, 23}) {
                CAPTURE(count);
                auto paths = write_shards(dir, count, discrete, "set" + std::to_string(count));
                std::swap(paths.front(), paths.back());
                const TrajectoryReader joined(join_shards(paths).front());
                REQUIRE(joined.steps() == whole.steps());
                REQUIRE(joined.episodes().size() == whole.episodes().size());
                std::vector<float> a(2), b(2);
                for (std::size_t e = 0; e < kEpisodes; ++e) {
                    CHECK(joined.episodes()[e].start == whole.episodes()[e].start);
                    CHECK(joined.episodes()[e].split == whole.episodes()[e].split);
                    const auto number = static_cast<std::int64_t>(e);
                    const bool known = joined.read_final_obs(number, a);
                    CHECK(known == whole.read_final_obs(number, b));
                    if (known) CHECK(a == b);
                }
                for (const auto modality : kModalities) {
                    const bool classes = modality == Modality::act && discrete;
                    CHECK(joined.statistics(modality).mean == whole.statistics(modality).mean);
                    CHECK(joined.statistics(modality).std == whole.statistics(modality).std);
                    CHECK(joined.statistics(modality).min == whole.statistics(modality).min);
                    CHECK(joined.statistics(modality).max == whole.statistics(modality).max);
                    if (classes) continue;
                    const auto size = static_cast<std::size_t>(whole.steps() * whole.dim(modality));
                    std::vector<float> got(size), want(size);
                    joined.read(modality, 0, whole.steps(), got);
                    whole.read(modality, 0, whole.steps(), want);
                    CHECK(got == want);
                }
                if (discrete) {
                    std::vector<std::uint8_t> got(3 * static_cast<std::size_t>(whole.steps()));
                    auto want = got;
                    joined.read_action_masks(0, whole.steps(), got);
                    whole.read_action_masks(0, whole.steps(), want);
                    CHECK(got == want);
                }
                // content_hash() is over all datasets.
                merge(joined, dir / ("merged" + std::to_string(count) + ".h5"), Overwrite::refuse,
                      joined.history(), [](std::int64_t) {});
                const TrajectoryReader merged(dir / ("merged" + std::to_string(count) + ".h5"));
                CHECK(merged.content_hash() == whole.content_hash());
                CHECK(merged.damage().empty());
            }
        }
    }

    TEST_CASE("a shard that is missing, stands twice or is another's is named") {
        const test::TempDir dir;
        const auto a = write_shards(dir, 3, false, "a");
        const auto b = write_shards(dir, 2, false, "b");
        CHECK(refusal({a[0], a[2]}).find("is one of 3 shards, of which one is missing: 2") !=
              std::string::npos);
        CHECK(refusal({b[1]}).find("of which one is missing: 1") != std::string::npos);
        CHECK(refusal({a[0], a[1], a[1], a[2]}).find("stands twice as shard 2 of 3") !=
              std::string::npos);
        const auto both = join_shards({b[1], a[2], a[1], b[0], a[0]});
        REQUIRE(both.size() == 2);
        CHECK(both[0] == b);
        CHECK(both[1] == a);
    }
}

}  // namespace mast::store
