#include "store/trajectories.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "base/error.h"
#include "support/temp_dir.h"

using namespace mast;
using namespace mast::store;

namespace {

/// Three episodes of 3, 1 and 2 steps; obs (i, 1e6 + i), act i / 10, reward i.
void write_small(const std::filesystem::path& path, const SplitRule& rule, double discount = 0.5,
                 Overwrite overwrite = Overwrite::refuse) {
    TrajectorySpec spec;
    spec.obs_dim = 2;
    spec.act_dim = 1;
    spec.components = {{"position", 0, 1}, {"height", 1, 1}};
    spec.discount = discount;
    TrajectoryWriter writer(path, overwrite, spec, {{"mast ingest x", "0.1.0", 3, {"x 1"}}});
    float i = 0;
    for (const int length : {3, 1, 2}) {
        for (int t = 0; t < length; ++t, ++i) {
            const std::vector<float> obs{i, 1e6F + i};
            const std::vector<float> act{i / 10};
            const std::vector<float> rew{i};
            writer.append({1, obs, act, {}, rew});
        }
        const std::vector<float> last{i, 7};
        if (length == 1) {
            writer.end_episode(End::unfinished, {});
        } else {
            writer.end_episode(length == 3 ? End::terminated : End::truncated, last);
        }
    }
    writer.finish(rule);
}

}  // namespace

TEST_SUITE("store/trajectories") {
    TEST_CASE("what is written is read back, with returns to go inside each episode") {
        const test::TempDir scratch;
        write_small(scratch / "s.h5", {0, 0, 0});
        const TrajectoryReader store(scratch / "s.h5");
        CHECK(store.steps() == 6);
        REQUIRE(store.episodes().size() == 3);
        CHECK(store.episodes()[2].start == 4);
        CHECK(store.episodes()[2].length == 2);
        CHECK(store.episodes()[0].end == End::terminated);
        CHECK(store.episodes()[1].end == End::unfinished);
        CHECK(store.episodes()[2].end == End::truncated);
        CHECK(store.episodes()[2].episode_return == 9);
        CHECK(store.spec().components[1].name == "height");
        CHECK(store.history()[0].command == "mast ingest x");

        std::vector<float> rtg(6);
        store.read(Modality::rtg, 0, 6, rtg);
        // 0 + (1 + 2 / 2) / 2, 1 + 2 / 2, 2 | 3 | 4 + 5 / 2, 5
        CHECK(rtg == std::vector<float>{1, 2, 2, 3, 6.5F, 5});
        std::vector<float> obs(4);
        store.read(Modality::obs, 2, 2, obs);
        CHECK(obs == std::vector<float>{2, 1e6F + 2, 3, 1e6F + 3});
        std::vector<float> last(2);
        CHECK(store.read_final_obs(0, last));
        CHECK(last == std::vector<float>{3, 7});
        CHECK(!store.read_final_obs(1, last));
        CHECK(store.damage().empty());
    }

    TEST_CASE(
        "statistics come from the train split alone, and keep their digits beside a large mean") {
        const test::TempDir scratch;
        write_small(scratch / "s.h5", {0.34, 0, 11});
        const TrajectoryReader store(scratch / "s.h5");
        // The same from the rows that the episode table calls train.
        std::vector<double> values;
        for (const auto& episode : store.episodes()) {
            if (episode.split != Split::train) continue;
            for (std::int64_t t = 0; t < episode.length; ++t) {
                values.push_back(1e6 + static_cast<double>(episode.start + t));
            }
        }
        REQUIRE(values.size() < 6);
        double mean = 0;
        for (const double value : values)
            mean += value / static_cast<double>(values.size());
        double square = 0;
        for (const double value : values)
            square += (value - mean) * (value - mean);
        const auto& statistics = store.statistics(Modality::obs);
        CHECK(statistics.mean[1] == doctest::Approx(mean).epsilon(1e-12));
        CHECK(
            statistics.std[1] ==
            doctest::Approx(std::sqrt(square / static_cast<double>(values.size()))).epsilon(1e-9));
        CHECK(statistics.min[1] == values.front());
        CHECK(statistics.max[1] == values.back());
    }

    TEST_CASE("splits are exact in number, depend on the seed, and leave something to train on") {
        const auto count = [](const std::vector<Split>& splits, Split split) {
            return std::count(splits.begin(), splits.end(), split);
        };
        const auto splits = draw_splits(100, {0.1, 0.05, 1});
        CHECK(count(splits, Split::val) == 10);
        CHECK(count(splits, Split::test) == 5);
        CHECK(splits == draw_splits(100, {0.1, 0.05, 1}));
        CHECK(splits != draw_splits(100, {0.1, 0.05, 2}));
        CHECK(count(draw_splits(2, {0.01, 0, 0}), Split::val) == 1);
        CHECK(count(draw_splits(2, {0.99, 0.5, 0}), Split::train) == 1);
        CHECK(count(draw_splits(1, {0.5, 0, 0}), Split::train) == 1);
        CHECK(count(draw_splits(10, {0, 0, 0}), Split::train) == 10);
    }

    TEST_CASE("an existing store is not replaced unless that is asked for") {
        const test::TempDir scratch;
        write_small(scratch / "s.h5", {0, 0, 0});
        CHECK_THROWS_WITH_AS(write_small(scratch / "s.h5", {0, 0, 0}),
                             doctest::Contains("already exists"), IoError);
        write_small(scratch / "s.h5", {0, 0, 0}, 1.0, Overwrite::allow);
        CHECK(TrajectoryReader(scratch / "s.h5").spec().discount == 1.0);
    }

    TEST_CASE("a writer that is not finished leaves nothing behind") {
        const test::TempDir scratch;
        {
            const TrajectoryWriter writer(scratch / "s.h5", Overwrite::refuse, {1, 1, {}, {}, 1.0},
                                          {});
        }
        CHECK(std::filesystem::is_empty(scratch.path()));
    }

    TEST_CASE("a flipped byte of data is found and named") {
        const test::TempDir scratch;
        write_small(scratch / "s.h5", {0, 0, 0});
        std::string bytes;
        {
            std::ifstream in(scratch / "s.h5", std::ios::binary);
            bytes.assign(std::istreambuf_iterator<char>(in), {});
        }
        const float sought = 1e6F + 4;
        const auto at =
            bytes.find(std::string(reinterpret_cast<const char*>(&sought), sizeof(sought)));
        REQUIRE(at != std::string::npos);
        bytes[at] = static_cast<char>(bytes[at] ^ 1);
        std::ofstream(scratch / "bad.h5", std::ios::binary) << bytes;
        const auto damage = TrajectoryReader(scratch / "bad.h5").damage();
        REQUIRE(damage.size() == 1);
        CHECK(damage[0].substr(0, 6) == "/obs: ");
    }

    TEST_CASE("a store cut short anywhere is refused, never believed") {
        const test::TempDir scratch;
        write_small(scratch / "s.h5", {0, 0, 0});
        const auto size = std::filesystem::file_size(scratch / "s.h5");
        for (std::uintmax_t keep = 0; keep < size; keep += 997) {
            CAPTURE(keep);
            std::filesystem::copy_file(scratch / "s.h5", scratch / "cut.h5",
                                       std::filesystem::copy_options::overwrite_existing);
            std::filesystem::resize_file(scratch / "cut.h5", keep);
            CHECK_THROWS_AS(TrajectoryReader(scratch / "cut.h5"), Error);
        }
    }

    TEST_CASE("files that are something else are named for what they are") {
        const test::TempDir scratch;
        CHECK_THROWS_WITH_AS(TrajectoryReader(scratch / "none.h5"),
                             doctest::Contains("does not exist"), IoError);
        CHECK_THROWS_WITH_AS(TrajectoryReader(scratch.path()), doctest::Contains("is a folder"),
                             IoError);
        std::ofstream(scratch / "text.h5") << "not HDF5";
        CHECK_THROWS_WITH_AS(TrajectoryReader(scratch / "text.h5"),
                             doctest::Contains("is not an HDF5 file"), DataError);
    }
}
