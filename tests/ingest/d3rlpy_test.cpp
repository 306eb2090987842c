#include <doctest/doctest.h>

#include "ingest/foreign_file.h"

using namespace mast;
using store::End;
using test::ForeignFile;

TEST_SUITE("ingest/d3rlpy") {
    TEST_CASE("episodes are told apart by the number in the names of datasets") {
        const test::TempDir scratch;
        {
            ForeignFile file(scratch / "x.h5");
            for (const int number : {0, 1, 10, 9}) {
                const auto n = std::to_string(number);
                file.floats("observations_" + n, {2, 1},
                            std::vector<float>(2, static_cast<float>(number)));
                file.whole("actions_" + n, {2, 1}, {0, 2}, H5T_STD_I32LE);
                file.floats("rewards_" + n, {2, 1}, {1, 2});
                file.flags("terminated_" + n, {static_cast<std::int8_t>(number == 10 ? 1 : 0)});
            }
            file.texts("columns", {"observations", "actions", "rewards", "terminated"});
            file.whole("num_episodes", {}, {4});
            file.texts("version", {"2.1"});
        }
        const auto result = test::ingest_all({scratch / "x.h5"});
        CHECK(result.report.format == "d3rlpy");
        CHECK(result.obs == std::vector<float>{0, 0, 1, 1, 9, 9, 10, 10});
        CHECK(result.classes == std::vector<std::int32_t>{0, 2, 0, 2, 0, 2, 0, 2});
        CHECK(result.ends() ==
              std::vector<End>{End::unfinished, End::unfinished, End::unfinished, End::terminated});
        CHECK(test::parts_of(result.spec) == "observations:1");
        CHECK(result.final_obs[3].empty());
    }

    TEST_CASE("tuple observations have a dataset for each part") {
        const test::TempDir scratch;
        {
            ForeignFile file(scratch / "x.h5");
            for (const char* n : {"0", "1"}) {
                file.floats(std::string("observations_") + n + "_0", {2, 1}, {1, 2});
                file.floats(std::string("observations_") + n + "_1", {2, 2}, {3, 4, 5, 6});
                file.floats(std::string("actions_") + n, {2, 1}, {7, 8});
                file.whole(std::string("terminated_") + n, {}, {1}, H5T_STD_U8LE);
            }
        }
        const auto result = test::ingest_all({scratch / "x.h5"});
        CHECK(test::parts_of(result.spec) == "observations_0:1 observations_1:2");
        CHECK(result.obs == std::vector<float>{1, 3, 4, 2, 5, 6, 1, 3, 4, 2, 5, 6});
        CHECK(result.ends() == std::vector<End>{End::terminated, End::terminated});
    }
}
