#include "ingest/ingest.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/stop.h"
#include "ingest/foreign_file.h"
#include "store/output_file.h"

using namespace mast;
using test::ForeignFile;

namespace {

void write_flat(const std::filesystem::path& path, std::int64_t first_class, bool wide = false) {
    ForeignFile file(path);
    file.floats("observations", {2, wide ? 2U : 1U}, std::vector<float>(wide ? 4 : 2, 1));
    file.whole("actions", {2}, {0, first_class});
    file.floats("rewards", {2}, {1, 2});
    file.flags("terminals", {0, 1});
    file.flags("timeouts", {0, 0});
}

}  // namespace

TEST_SUITE("ingest/ingest") {
    TEST_CASE("several files become one store, with the classes of all of them") {
        const test::TempDir scratch;
        write_flat(scratch / "a.hdf5", 1);
        write_flat(scratch / "b.hdf5", 4);
        const auto result = test::ingest_all({scratch / "a.hdf5", scratch / "b.hdf5"});
        CHECK(result.report.episodes == 2);
        CHECK(result.spec.act_dim == 5);
        CHECK(result.classes == std::vector<std::int32_t>{0, 1, 0, 4});
    }

    TEST_CASE("more files than stay open become one store, and one that changes is refused") {
        const test::TempDir scratch;
        std::vector<std::filesystem::path> paths;
        std::vector<std::int32_t> classes;
        for (std::int32_t i = 1; i <= 20; ++i) {
            paths.push_back(scratch / fmt::format("{}.hdf5", i));
            write_flat(paths.back(), i);
            classes.insert(classes.end(), {0, i});
        }
        const auto result = test::ingest_all(paths);
        CHECK(result.report.episodes == 20);
        CHECK(result.classes == classes);

        ingest::IngestOptions options;
        options.progress = [&](std::int64_t steps, std::int64_t total) {
            if (steps == 0) return;
            CHECK(total == 40);
            std::filesystem::last_write_time(paths.back(), {});
        };
        CHECK_THROWS_WITH_AS(
            ingest::ingest(paths, scratch / "s.h5", options),
            doctest::Contains("20.hdf5: has changed since it was looked at, expected it to stay"),
            DataError);
        CHECK(!std::filesystem::exists(scratch / "s.h5"));
    }

    TEST_CASE("files of different columns are refused, both named") {
        const test::TempDir scratch;
        write_flat(scratch / "a.hdf5", 1);
        write_flat(scratch / "b.hdf5", 1, true);
        CHECK_THROWS_WITH_AS(
            test::ingest_all({scratch / "a.hdf5", scratch / "b.hdf5"}),
            doctest::Contains(
                "b.hdf5: has 2 observation columns and 2 discrete actions, expected 1 "
                "and 2 discrete as in "),
            DataError);
    }

    TEST_CASE("the history names each input with the hash of its bytes") {
        const test::TempDir scratch;
        write_flat(scratch / "a.hdf5", 1);
        ingest::IngestOptions options;
        options.history = {"mast ingest a.hdf5", "1", 7, {}};
        ingest::ingest({scratch / "a.hdf5"}, scratch / "s.h5", options);
        const auto history = store::TrajectoryReader(scratch / "s.h5").history();
        REQUIRE(history.size() == 1);
        CHECK(history[0].command == "mast ingest a.hdf5");
        const auto bytes = store::read_file(scratch / "a.hdf5", 1 << 20);
        CHECK(history[0].inputs ==
              std::vector<std::string>{(scratch / "a.hdf5").string() + " " +
                                       hash_text(hash64(bytes.data(), bytes.size()))});
    }

    TEST_CASE("the same input gives the same bytes") {
        const test::TempDir scratch;
        write_flat(scratch / "a.hdf5", 1);
        for (const char* name : {"s.h5", "t.h5"})
            ingest::ingest({scratch / "a.hdf5"}, scratch / name, {});
        CHECK(store::read_file(scratch / "s.h5", 1 << 24) ==
              store::read_file(scratch / "t.h5", 1 << 24));
    }

    TEST_CASE("a stop on the way leaves no file") {
        const test::TempDir scratch;
        write_flat(scratch / "a.hdf5", 1);
        ingest::IngestOptions options;
        options.progress = [](std::int64_t steps, std::int64_t /*total*/) {
            if (steps > 0) throw Interrupted{15};
        };
        CHECK_THROWS_AS(ingest::ingest({scratch / "a.hdf5"}, scratch / "s.h5", options),
                        Interrupted);
        std::filesystem::remove(scratch / "a.hdf5");
        CHECK(std::filesystem::is_empty(scratch.path()));
    }

    TEST_CASE("formats are found by name, with a suggestion for a mistyped one") {
        CHECK(std::string(ingest::find_format("minari").name) == "minari");
        CHECK_THROWS_WITH_AS(ingest::find_format("d4rll"),
                             doctest::Contains("--format: \"d4rll\" is not minari, robomimic, "
                                               "d3rlpy, d4rl, mapped; did you mean 'd4rl'?"),
                             UsageError);
    }
}
