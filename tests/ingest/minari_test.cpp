#include <doctest/doctest.h>

#include <fstream>
#include <iomanip>

#include "base/error.h"
#include "ingest/foreign_file.h"

using namespace mast;
using store::End;
using test::ForeignFile;

namespace {

constexpr const char* kBox = R"({"type": "Box", "shape": [1], "low": [-Infinity], "high": [NaN]})";

/// `steps` actions and one observation more, all with the episode's number.
void write_episode(ForeignFile& file, int number, std::size_t steps, bool truncated) {
    const auto group = "episode_" + std::to_string(number);
    const auto value = static_cast<float>(number);
    std::vector<std::int8_t> none(steps, 0);
    auto last = none;
    last.back() = 1;
    file.floats(group + "/observations", {steps + 1, 1}, std::vector<float>(steps + 1, value));
    file.whole(group + "/actions", {steps}, std::vector<std::int64_t>(steps, number % 2));
    file.doubles(group + "/rewards", {steps}, std::vector<double>(steps, 1));
    file.flags(group + "/terminations", truncated ? none : last);
    file.flags(group + "/truncations", truncated ? last : none);
}

/// As Minari writes it: spaces are JSON inside of JSON.
void write_metadata(const std::filesystem::path& path, const std::string& obs,
                    const std::string& act) {
    std::ofstream(path) << R"({"observation_space": )" << std::quoted(obs)
                        << R"(, "action_space": )" << std::quoted(act) << "}";
}

}  // namespace

TEST_SUITE("ingest/minari") {
    TEST_CASE("episodes come in the order of their numbers, and gaps do not matter") {
        const test::TempDir scratch;
        {
            ForeignFile file(scratch / "main_data.hdf5");
            write_episode(file, 10, 2, true);
            write_episode(file, 2, 3, false);
            write_episode(file, 0, 1, true);
        }
        const auto result = test::ingest_all({scratch / "main_data.hdf5"});
        CHECK(result.report.format == "minari");
        CHECK(result.lengths() == std::vector<std::int64_t>{1, 3, 2});
        CHECK(result.ends() == std::vector<End>{End::truncated, End::terminated, End::truncated});
        CHECK(result.obs == std::vector<float>{0, 2, 2, 2, 10, 10});
        CHECK(result.final_obs == std::vector<std::vector<float>>{{0}, {2}, {10}});
    }

    TEST_CASE("actions outside of the bounds of their space are told, and kept") {
        const auto warnings = [](const std::string& low, const std::string& high) {
            const test::TempDir scratch;
            {
                ForeignFile file(scratch / "x.hdf5");
                file.attribute("action_space", R"({"type": "Box", "shape": [2], "low": )" + low +
                                                   R"(, "high": )" + high + "}");
                for (const std::string episode : {"episode_0/", "episode_1/"}) {
                    file.floats(episode + "observations", {4, 1}, {1, 2, 3, 4});
                    file.floats(episode + "rewards", {3}, {1, 2, 3});
                    const bool second = episode == "episode_1/";
                    file.floats(episode + "actions", {3, 2},
                                {0.1F, 1, 0, second ? -1.5F : -1, second ? 2.0F : 0, 3});
                }
            }
            const auto result = test::ingest_all({scratch / "x.hdf5"});
            CHECK(result.act[9] == -1.5F);
            std::string text;
            for (const auto& warning : result.report.warnings)
                text += warning.substr(warning.find(": ") + 2);
            return text;
        };
        CHECK(
            warnings("[-1, -1]", "[1, 3]") ==
            "/episode_1/actions: row 1 column 1 is -1.5, outside of -1 to 3 as its space says, so "
            "are actions of 2 of 6 steps (a policy keeps to what is recorded, not to the space)");
        CHECK(warnings("[-1, -Infinity]", "[2, 3]").empty());
        CHECK(warnings("[[-1], [-2]]", "[[2.0], [3.0]]").empty());
        // Bounds that do not fit the columns say nothing.
        CHECK(warnings("[0.05]", "[0.06]").empty());
        CHECK(warnings("\"b64\"", "7").empty());
    }

    TEST_CASE("as many observations as actions leave the last observation unknown") {
        const test::TempDir scratch;
        {
            ForeignFile file(scratch / "x.hdf5");
            file.floats("episode_0/observations", {2, 1}, {1, 2});
            file.floats("episode_0/actions", {2, 1}, {1, 2});
            file.floats("episode_1/observations", {2, 1}, {3, 4});
            file.floats("episode_1/actions", {1, 1}, {3});
        }
        const auto result = test::ingest_all({scratch / "x.hdf5"});
        CHECK(result.obs == std::vector<float>{1, 2, 3});
        CHECK(result.final_obs == std::vector<std::vector<float>>{{}, {4}});
        CHECK(result.ends() == std::vector<End>{End::unfinished, End::unfinished});
    }

    TEST_CASE("dict and tuple observations are put side by side, discrete ones one-hot") {
        const test::TempDir scratch;
        const auto write = [&](const std::string& numbers, const std::string& bits) {
            ForeignFile file(scratch / "main_data.hdf5");
            const std::string group = "episode_0/observations/";
            file.doubles(group + "b", {3, 2}, {1, 2, 3, 4, 5, 6});
            file.whole(group + "a/swing", {3}, {-1, 1, 0});
            file.floats(group + "pair/_index_0", {3, 1}, {7, 8, 9});
            file.whole(group + "pair/" + numbers, {3, 2}, {0, 4, 1, 5, 1, 6});
            file.whole(group + "pair/" + bits, {3, 1}, {0, 1, 0}, H5T_STD_I8LE);
            file.floats("episode_0/actions", {2, 1}, {1, 2});
        };
        SUBCASE("in the order of the space, which says where classes start") {
            write("_index_1", "_index_2");
            const std::string box = kBox;
            write_metadata(scratch / "metadata.json",
                           R"({"type": "Dict", "subspaces": {"b": )" + box +
                               R"(, "a": {"type": "Dict", "subspaces": {)" +
                               R"("swing": {"type": "Discrete", "n": 4, "start": -1}}},)" +
                               R"("pair": {"type": "Tuple", "subspaces": [)" + box +
                               R"(, {"type": "MultiDiscrete", "nvec": [2, 3], "start": [0, 4]},)" +
                               R"({"type": "MultiBinary", "n": 1}]}}})",
                           box);
            const auto result = test::ingest_all({scratch / "main_data.hdf5"});
            CHECK(test::parts_of(result.spec) ==
                  "b:2 a/swing:4 pair/_index_0:1 pair/_index_1:5 pair/_index_2:1");
            CHECK(result.obs == std::vector<float>{1, 2, 1, 0, 0, 0, 7, 1, 0, 1, 0, 0, 0,  //
                                                   3, 4, 0, 0, 1, 0, 8, 0, 1, 0, 1, 0, 1});
            CHECK(result.final_obs ==
                  std::vector<std::vector<float>>{{5, 6, 0, 1, 0, 0, 9, 0, 1, 0, 0, 1, 0}});
        }
        SUBCASE("without a space by name, parts of a tuple by number, classes as they occur") {
            write("_index_2", "_index_10");
            const auto result = test::ingest_all({scratch / "main_data.hdf5"});
            CHECK(test::parts_of(result.spec) ==
                  "a/swing:3 b:2 pair/_index_0:1 pair/_index_2:2 pair/_index_10:2");
            CHECK(result.obs == std::vector<float>{1, 0, 0, 1, 2, 7, 0, 4, 1, 0,  //
                                                   0, 0, 1, 3, 4, 8, 1, 5, 0, 1});
        }
    }

    TEST_CASE("discrete actions count from 0, whatever their space starts at") {
        const test::TempDir scratch;
        const auto write = [&](bool attributes) {
            ForeignFile file(scratch / "main_data.hdf5");
            file.floats("episode_0/observations", {3, 1}, {1, 2, 3});
            file.whole("episode_0/actions", {2}, {5, 7});
            if (!attributes) return;
            file.attribute("observation_space", kBox);
            file.attribute("action_space", R"({"type": "Discrete", "n": 4, "start": 4})");
            file.attribute("total_steps", "49");
        };
        SUBCASE("told by metadata.json, as version 0.5 does") {
            write(false);
            write_metadata(scratch / "metadata.json", kBox,
                           R"({"type": "Discrete", "dtype": "int64", "start": 4, "n": 4})");
        }
        SUBCASE("told by attributes of the file, as version 0.4 does") {
            write(true);
        }
        const auto result = test::ingest_all({scratch / "main_data.hdf5"});
        CHECK(result.spec.act_dim == 4);
        CHECK(result.classes == std::vector<std::int32_t>{1, 3});
    }

    TEST_CASE("a dict of continuous actions is put side by side") {
        const test::TempDir scratch;
        {
            ForeignFile file(scratch / "x.hdf5");
            file.floats("episode_0/observations", {2, 1}, {1, 2});
            file.floats("episode_0/actions/turn", {2, 1}, {3, 4});
            file.floats("episode_0/actions/gas", {2, 2}, {5, 6, 7, 8});
        }
        const auto result = test::ingest_all({scratch / "x.hdf5"});
        CHECK(result.spec.act_dim == 3);
        CHECK(result.act == std::vector<float>{5, 6, 3, 7, 8, 4});
    }

    TEST_CASE("a tuple of discrete and continuous actions is refused, and can be chosen from") {
        const test::TempDir scratch;
        {
            ForeignFile file(scratch / "x.hdf5");
            file.floats("episode_0/observations", {2, 1}, {1, 2});
            file.whole("episode_0/actions/_index_0", {2}, {0, 1});
            file.floats("episode_0/actions/_index_1", {2, 1}, {0.5F, 0.25F});
        }
        CHECK_THROWS_WITH_AS(test::ingest_all({scratch / "x.hdf5"}),
                             doctest::Contains("/episode_*/actions: mixes discrete and continuous "
                                               "actions, expected one kind (choose with --map "
                                               "actions=PATH)"),
                             DataError);
        CHECK(test::ingest_all({scratch / "x.hdf5"}, "actions=episode_*/actions/_index_1").act ==
              std::vector<float>{0.5F, 0.25F});
        CHECK(
            test::ingest_all({scratch / "x.hdf5"}, "actions=episode_*/actions/_index_0").classes ==
            std::vector<std::int32_t>{0, 1});
    }

    TEST_CASE("the folder of a dataset stands for the file in it") {
        const test::TempDir scratch;
        std::filesystem::create_directories(scratch / "set/data");
        {
            ForeignFile file(scratch / "set/data/main_data.hdf5");
            write_episode(file, 0, 2, true);
        }
        CHECK(test::ingest_all({scratch / "set"}).report.steps == 2);
        CHECK(test::ingest_all({scratch / "set/data"}).report.steps == 2);
        CHECK_THROWS_WITH_AS(test::ingest_all({scratch.path()}),
                             doctest::Contains("is a folder without data/main_data.hdf5"), IoError);
    }

    TEST_CASE("what a space says is held against the data") {
        const test::TempDir scratch;
        {
            ForeignFile file(scratch / "main_data.hdf5");
            file.whole("episode_0/observations", {3}, {0, 1, 2});
            file.whole("episode_0/actions", {2}, {0, 1});
        }
        SUBCASE("a class out of range") {
            write_metadata(scratch / "metadata.json", R"({"type": "Discrete", "n": 2})", kBox);
            CHECK_THROWS_WITH_AS(test::ingest_all({scratch / "main_data.hdf5"}),
                                 doctest::Contains("/episode_0/observations: row 2 column 0 is 2, "
                                                   "expected 0 to 1 as its space says"),
                                 DataError);
        }
        SUBCASE("a space that is none") {
            write_metadata(scratch / "metadata.json", R"({"type": "Discrete", "n": 0})", kBox);
            CHECK_THROWS_WITH_AS(
                test::ingest_all({scratch / "main_data.hdf5"}),
                doctest::Contains("metadata.json: observation_space: is not a description of a "
                                  "space (0 values from 0 on)"),
                DataError);
        }
        SUBCASE("a space of a kind without columns") {
            write_metadata(scratch / "metadata.json", R"({"type": "Graph", "n": 0})", kBox);
            CHECK_THROWS_WITH_AS(test::ingest_all({scratch / "main_data.hdf5"}),
                                 doctest::Contains("/episode_0/observations: is of a Graph space"),
                                 DataError);
        }
        SUBCASE("metadata cut short") {
            std::ofstream(scratch / "metadata.json") << "{\"observation_space\":";
            CHECK_THROWS_WITH_AS(test::ingest_all({scratch / "main_data.hdf5"}),
                                 doctest::Contains("metadata.json: is not a JSON object"),
                                 DataError);
        }
    }
}
