#include <doctest/doctest.h>

#include "base/error.h"
#include "ingest/foreign_file.h"

using namespace mast;
using store::End;
using test::ForeignFile;

namespace {

constexpr std::int64_t kSteps = 6;

/// Six steps; observations (t, 10 t), next ones (t + 0.5, 10 t + 0.5), actions t, rewards t.
void write_flat(ForeignFile& file) {
    std::vector<float> obs, next, act;
    std::vector<double> rew;
    for (int t = 0; t < kSteps; ++t) {
        const auto x = static_cast<float>(t);
        obs.insert(obs.end(), {x, 10 * x});
        next.insert(next.end(), {x + 0.5F, 10 * x + 0.5F});
        act.push_back(x);
        rew.push_back(t);
    }
    file.floats("observations", {kSteps, 2}, obs);
    file.floats("next_observations", {kSteps, 2}, next);
    file.floats("actions", {kSteps, 1}, act);
    file.doubles("rewards", {kSteps}, rew);
}

}  // namespace

TEST_SUITE("ingest/d4rl") {
    TEST_CASE("episodes are cut at terminals and timeouts, and both at once is a terminal") {
        const test::TempDir scratch;
        {
            ForeignFile file(scratch / "x.hdf5");
            write_flat(file);
            file.flags("terminals", {0, 1, 0, 1, 0, 0});
            file.flags("timeouts", {0, 0, 1, 1, 0, 0});
        }
        const auto result = test::ingest_all({scratch / "x.hdf5"});
        CHECK(result.report.format == "d4rl");
        CHECK(result.lengths() == std::vector<std::int64_t>{2, 1, 1, 2});
        CHECK(result.ends() ==
              std::vector<End>{End::terminated, End::truncated, End::terminated, End::unfinished});
        CHECK(result.obs == std::vector<float>{0, 0, 1, 10, 2, 20, 3, 30, 4, 40, 5, 50});
        CHECK(result.act == std::vector<float>{0, 1, 2, 3, 4, 5});
        CHECK(result.rew == std::vector<float>{0, 1, 2, 3, 4, 5});
        CHECK(result.final_obs == std::vector<std::vector<float>>{
                                      {1.5F, 10.5F}, {2.5F, 20.5F}, {3.5F, 30.5F}, {5.5F, 50.5F}});
        CHECK(result.report.terminated == 2);
        CHECK(result.report.truncated == 1);
        CHECK(result.report.unfinished == 1);
        CHECK(result.report.warnings.empty());
        CHECK(test::parts_of(result.spec) == "observations:2");
    }

    TEST_CASE("without timeouts and next observations, time limits are missed: a warning says so") {
        const test::TempDir scratch;
        {
            ForeignFile file(scratch / "x.hdf5");
            file.floats("observations", {3, 1}, {1, 2, 3});
            file.floats("actions", {3, 1}, {1, 2, 3});
            file.whole("terminals", {3}, {0, 1, 0}, H5T_STD_U8LE);
        }
        const auto result = test::ingest_all({scratch / "x.hdf5"});
        CHECK(result.ends() == std::vector<End>{End::terminated, End::unfinished});
        CHECK(result.final_obs[0].empty());
        CHECK(result.final_obs[1].empty());
        CHECK(result.rew == std::vector<float>{0, 0, 0});
        REQUIRE(result.report.warnings.size() == 2);
        CHECK(result.report.warnings[0].find("has no rewards") != std::string::npos);
        CHECK(result.report.warnings[1].find("has no timeouts") != std::string::npos);
    }

    TEST_CASE("one more observation than actions is a single episode with its last observation") {
        const test::TempDir scratch;
        {
            ForeignFile file(scratch / "x.hdf5");
            file.floats("observations", {4, 1}, {1, 2, 3, 4});
            file.floats("actions", {3, 1}, {1, 2, 3});
        }
        const auto result = test::ingest_all({scratch / "x.hdf5"});
        CHECK(result.lengths() == std::vector<std::int64_t>{3});
        CHECK(result.ends() == std::vector<End>{End::unfinished});
        CHECK(result.final_obs == std::vector<std::vector<float>>{{4}});
    }

    TEST_CASE("a single column of whole numbers is a class, for actions and for observations") {
        const test::TempDir scratch;
        {
            ForeignFile file(scratch / "x.hdf5");
            file.whole("observations", {4}, {5, 7, 5, 6}, H5T_STD_I16BE);
            file.whole("next_observations", {4}, {7, 5, 6, 8});
            file.whole("actions", {4, 1}, {0, 3, 1, 0}, H5T_STD_U8LE);
            file.floats("terminals", {4}, {0, 0, 0, 1});
        }
        const auto result = test::ingest_all({scratch / "x.hdf5"});
        CHECK(result.spec.action_kind == store::ActionKind::discrete);
        CHECK(result.spec.act_dim == 4);
        CHECK(result.classes == std::vector<std::int32_t>{0, 3, 1, 0});
        // Values 5 to 8, the last of which only next_observations has.
        CHECK(result.spec.obs_dim == 4);
        CHECK(result.obs == std::vector<float>{1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0});
        CHECK(result.final_obs == std::vector<std::vector<float>>{{0, 0, 0, 1}});
    }

    TEST_CASE("version 1 of d3rlpy's dump marks every end, and terminals tell which kind") {
        const test::TempDir scratch;
        {
            ForeignFile file(scratch / "x.h5");
            file.floats("observations", {4, 1}, {1, 2, 3, 4});
            file.floats("actions", {4, 1}, {1, 2, 3, 4});
            file.floats("terminals", {4}, {0, 1, 0, 0});
            file.floats("episode_terminals", {4}, {0, 1, 0, 1});
        }
        CHECK(test::ingest_all({scratch / "x.h5"}).ends() ==
              std::vector<End>{End::terminated, End::truncated});
    }

    TEST_CASE("episodes much longer than a block are read in pieces") {
        const test::TempDir scratch;
        constexpr std::size_t kRows = 700'000;
        {
            ForeignFile file(scratch / "x.hdf5");
            std::vector<float> values(kRows);
            for (std::size_t t = 0; t < kRows; ++t)
                values[t] = static_cast<float>(t);
            std::vector<std::int8_t> ends(kRows, 0);
            ends[699'000] = 1;
            file.floats("observations", {kRows, 1}, values);
            file.floats("actions", {kRows, 1}, values);
            file.floats("rewards", {kRows}, std::vector<float>(kRows, 1));
            file.flags("terminals", ends);
            file.flags("timeouts", std::vector<std::int8_t>(kRows, 0));
        }
        const auto result = test::ingest_all({scratch / "x.hdf5"});
        CHECK(result.lengths() == std::vector<std::int64_t>{699'001, 999});
        CHECK(result.obs[600'001] == 600'001);
        CHECK(result.act.back() == 699'999);
        CHECK(result.episodes[0].episode_return == 699'001);
    }
}
