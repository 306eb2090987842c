#include <doctest/doctest.h>

#include "base/error.h"
#include "ingest/foreign_file.h"

using namespace mast;
using store::End;
using test::ForeignFile;

namespace {

void write_demos(ForeignFile& file, bool images) {
    for (const int number : {0, 1, 10, 2}) {
        const auto demo = "data/demo_" + std::to_string(number);
        const auto x = static_cast<double>(number);
        file.doubles(demo + "/obs/joint", {2, 1}, {x, x + 0.25});
        file.doubles(demo + "/obs/eef", {2, 2}, {1, 2, 3, 4});
        file.doubles(demo + "/next_obs/joint", {2, 1}, {x + 0.25, x + 0.5});
        file.doubles(demo + "/next_obs/eef", {2, 2}, {3, 4, 5, 6});
        file.doubles(demo + "/actions", {2, 1}, {x, -x});
        file.doubles(demo + "/rewards", {2}, {0, 1});
        file.whole(demo + "/dones", {2}, {0, number == 2 ? 0 : 1});
        if (!images) continue;
        for (const char* group : {"/obs/camera", "/next_obs/camera"}) {
            file.whole(demo + group, {2, 2, 2, 3}, std::vector<std::int64_t>(24), H5T_STD_U8LE);
        }
    }
    file.texts("mask/train", {"demo_0"});
}

}  // namespace

TEST_SUITE("ingest/robomimic") {
    TEST_CASE("demonstrations in the order of their numbers, observations by name") {
        const test::TempDir scratch;
        {
            ForeignFile file(scratch / "x.hdf5");
            write_demos(file, false);
        }
        const auto result = test::ingest_all({scratch / "x.hdf5"});
        CHECK(result.report.format == "robomimic");
        CHECK(test::parts_of(result.spec) == "eef:2 joint:1");
        CHECK(result.act == std::vector<float>{0, 0, 1, -1, 2, -2, 10, -10});
        CHECK(result.ends() ==
              std::vector<End>{End::terminated, End::terminated, End::unfinished, End::terminated});
        CHECK(result.final_obs[3] == std::vector<float>{5, 6, 10.5F});
    }

    TEST_CASE("images are refused by name, what is mapped instead has its next observations too") {
        const test::TempDir scratch;
        {
            ForeignFile file(scratch / "x.hdf5");
            write_demos(file, true);
        }
        CHECK_THROWS_WITH_AS(
            test::ingest_all({scratch / "x.hdf5"}),
            doctest::Contains("/data/demo_0/obs/camera: holds images of shape (2, 2, 2, 3), "
                              "expected vectors (leave it out with --map)"),
            DataError);
        const auto result = test::ingest_all(
            {scratch / "x.hdf5"}, "observations=data/demo_*/obs/joint+data/demo_*/obs/eef");
        CHECK(test::parts_of(result.spec) == "joint:1 eef:2");
        CHECK(result.final_obs[3] == std::vector<float>{10.5F, 5, 6});
    }
}
