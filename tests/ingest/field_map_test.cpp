#include "ingest/field_map.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "ingest/foreign_file.h"

using namespace mast;
using ingest::parse_field_map;
using test::ForeignFile;

TEST_SUITE("ingest/field_map") {
    TEST_CASE("fields are separated by commas, paths of one field by plus signs") {
        const auto map = parse_field_map("observations=/a/b+c,actions=d");
        CHECK(map.at("observations") == std::vector<std::string>{"a/b", "c"});
        CHECK(map.at("actions") == std::vector<std::string>{"d"});
    }

    TEST_CASE("mistakes are named") {
        const auto message = [](const char* text) -> std::string {
            try {
                parse_field_map(text);
            } catch (const UsageError& error) {
                return error.what();
            }
            return "";
        };
        CHECK(message("observation=a") ==
              "--map: \"observation\" is no field, expected observations, actions, action_mask, "
              "rewards, "
              "terminals, timeouts, next_observations; did you mean 'observations'?");
        CHECK(message("actions") ==
              "--map: \"actions\" is not FIELD=PATH, expected for example "
              "observations=path,actions=path");
        CHECK(message("actions=a,actions=b") ==
              "--map: actions is there twice, expected it once (join paths with +)");
        CHECK(message("actions=a+") ==
              "--map: actions has an empty path, expected a path inside the file");
        CHECK(message("actions=a*/b*") ==
              "--map: a*/b* has more than one *, expected one for the episode's number");
    }

    TEST_CASE("a flat layout of any names is read by map alone") {
        const test::TempDir scratch;
        {
            ForeignFile file(scratch / "x.h5");
            file.floats("log/pose", {3, 2}, {1, 2, 3, 4, 5, 6});
            file.floats("log/speed", {3}, {7, 8, 9});
            file.floats("log/command", {3, 1}, {1, 2, 3});
            file.flags("log/done", {0, 1, 0});
            file.flags("log/cut", {0, 0, 1});
        }
        CHECK_THROWS_WITH_AS(test::ingest_all({scratch / "x.h5"}),
                             doctest::Contains("is of no known layout"), DataError);
        const auto result = test::ingest_all({scratch / "x.h5"},
                                             "observations=log/pose+log/speed,actions=/log/command,"
                                             "terminals=log/done,timeouts=log/cut");
        CHECK(result.report.format == "mapped");
        CHECK(test::parts_of(result.spec) == "pose:2 speed:1");
        CHECK(result.obs == std::vector<float>{1, 2, 7, 3, 4, 8, 5, 6, 9});
        CHECK(result.lengths() == std::vector<std::int64_t>{2, 1});
    }

    TEST_CASE("a star in the paths stands for the number of an episode") {
        const test::TempDir scratch;
        {
            ForeignFile file(scratch / "x.h5");
            for (const char* run : {"run7", "run12", "run07", "runaway"}) {
                file.floats(std::string(run) + "/x", {3, 1}, {1, 2, 3});
                file.floats(std::string(run) + "/u", {2, 1}, {4, 5});
            }
        }
        const auto result =
            test::ingest_all({scratch / "x.h5"}, "observations=run*/x,actions=run*/u");
        CHECK(result.lengths() == std::vector<std::int64_t>{2, 2});
        CHECK(result.final_obs == std::vector<std::vector<float>>{{3}, {3}});
        CHECK_THROWS_WITH_AS(
            test::ingest_all({scratch / "x.h5"}, "observations=run7/x,actions=run*/u"),
            doctest::Contains("differ in having a *"), UsageError);
        CHECK_THROWS_WITH_AS(
            test::ingest_all({scratch / "x.h5"}, "observations=go*/x,actions=go*/u"),
            doctest::Contains("has no episodes at /go*/u"), DataError);
    }
}
