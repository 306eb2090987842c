#include "ingest/source.h"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "base/error.h"
#include "ingest/foreign_file.h"

using namespace mast;
using test::ForeignFile;

namespace {

/// A flat file of three steps in which one dataset is replaced by what `spoil` writes.
struct Spoilt {
    test::TempDir scratch;

    template <class Spoil>
    explicit Spoilt(const std::string& name, const Spoil& spoil) {
        ForeignFile file(scratch / "x.hdf5");
        if (name != "observations") file.floats("observations", {3, 2}, {1, 2, 3, 4, 5, 6});
        if (name != "actions") file.floats("actions", {3, 1}, {1, 2, 3});
        if (name != "rewards") file.floats("rewards", {3}, {1, 2, 3});
        if (name != "terminals") file.flags("terminals", {0, 0, 1});
        if (name != "timeouts") file.flags("timeouts", {0, 0, 0});
        spoil(file);
    }

    /// What ingest says, without the path of the file.
    std::string message() const {
        try {
            test::ingest_all({scratch / "x.hdf5"});
        } catch (const DataError& error) {
            const std::string text = error.what();
            const auto prefix = (scratch / "x.hdf5").string() + ": ";
            return text.substr(text.starts_with(prefix) ? prefix.size() : 0);
        }
        return "nothing";
    }
};

}  // namespace

TEST_SUITE("ingest/source") {
    TEST_CASE("a whole file passes, so that the refusals below are of what was spoilt") {
        CHECK(Spoilt("", [](ForeignFile&) {}).message() == "nothing");
    }

    TEST_CASE("values that are not finite are named with row and column") {
        const auto in = [](const char* name, const std::vector<double>& values) {
            return Spoilt(name,
                          [&](ForeignFile& file) {
                              const bool wide = values.size() == 6;
                              file.doubles(
                                  name, wide ? ForeignFile::Extent{3, 2} : ForeignFile::Extent{3},
                                  values);
                          })
                .message();
        };
        CHECK(in("observations", {1, 2, 3, std::nan(""), 5, 6}) ==
              "/observations: row 1 column 1 is nan, expected a finite number of 32 bits (remove "
              "that episode, or leave the dataset out with --map)");
        CHECK(in("actions", {1, 2, -HUGE_VAL}).starts_with("/actions: row 2 column 0 is -inf,"));
        CHECK(in("rewards", {-std::nan(""), 2, 3}).starts_with("/rewards: row 0 column 0 is nan,"));
        // Finite in the file, but not as float32.
        CHECK(in("rewards", {1, 2, 1e39}).starts_with("/rewards: row 2 column 0 is inf,"));
        CHECK(in("terminals", {0, 0, std::nan("")})
                  .starts_with("/terminals: row 2 column 0 is nan,"));
    }

    TEST_CASE("lengths that disagree are told together") {
        const Spoilt file("rewards", [](ForeignFile& out) {
            out.floats("rewards", {2}, {1, 2});
            out.floats("next_observations", {4, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
        });
        CHECK(file.message().starts_with(
            "/rewards: has 2 rows, expected the 3 of /actions (is the file whole?); "));
        CHECK(file.message().find("/next_observations: has 4 rows") != std::string::npos);
        CHECK(Spoilt("observations",
                     [](ForeignFile& out) {
                         out.floats("observations", {5, 1}, {1, 2, 3, 4, 5});
                     })
                  .message() ==
              "/observations: has 5 rows, expected 3 or 4 for the 3 actions (is the file whole?)");
    }

    TEST_CASE("what holds no numbers is refused by name") {
        const auto obs = [](const auto& write) {
            return Spoilt("observations", [&](ForeignFile& file) { write(file); }).message();
        };
        CHECK(obs([](ForeignFile& f) {
                  f.texts("observations", {"a", "b", "c"});
              }) == "/observations: holds text, expected numbers (leave it out with --map)");
        CHECK(obs([](ForeignFile& f) { f.sequences("observations", 3); }) ==
              "/observations: holds images or other bytes of varying length, expected numbers "
              "(leave it out with --map)");
        CHECK(obs([](ForeignFile& f) { f.complex("observations", 3); }) ==
              "/observations: holds complex numbers, expected real ones (leave it out with --map)");
        CHECK(obs([](ForeignFile& f) {
                  f.whole("observations", {3, 2, 2}, std::vector<std::int64_t>(12), H5T_STD_U8LE);
              }) ==
              "/observations: holds images of shape (3, 2, 2), expected vectors (leave it out with "
              "--map)");
        CHECK(obs([](ForeignFile& f) {
                  f.floats("observations", {3, 0}, {});
              }) ==
              "/observations: has no columns, expected at least one (leave it out with --map)");
        CHECK(obs([](ForeignFile& f) { f.link_elsewhere("observations", "other.hdf5"); }) ==
              "/observations: is a link into another file, expected data in this one (leave it out "
              "with --map)");
    }

    TEST_CASE("data that lies in another file is refused by name") {
        const auto obs = [](const auto& write) {
            return Spoilt("observations", [&](ForeignFile& file) { write(file); }).message();
        };
        constexpr const char* kRefusal =
            "/observations: lies in another file, expected data in this one";
        CHECK(obs([](ForeignFile& f) {
                  f.external("observations", {3, 2}, "/etc/passwd");
              }).starts_with(kRefusal));
        CHECK(obs([](ForeignFile& f) {
                  f.virtual_of("observations", {3, 2}, "other.hdf5");
              }).starts_with(kRefusal));
    }

    TEST_CASE("links that lead back are not followed for ever") {
        const Spoilt loop("observations", [](ForeignFile& file) {
            file.floats("observations/a", {3, 1}, {1, 2, 3});
            file.link("observations/self", "/observations");
        });
        CHECK(loop.message().find("is nested more than 16 deep") != std::string::npos);
    }

    TEST_CASE("missing, empty and unmarked data") {
        const Spoilt no_ends("terminals", [](ForeignFile&) {});
        CHECK(no_ends.message() == "nothing");
        const test::TempDir scratch;
        {
            ForeignFile file(scratch / "ends.hdf5");
            file.floats("observations", {2, 1}, {1, 2});
            file.floats("actions", {2, 1}, {1, 2});
        }
        CHECK_THROWS_WITH_AS(test::ingest_all({scratch / "ends.hdf5"}),
                             doctest::Contains("has neither terminals nor timeouts"), DataError);
        {
            ForeignFile file(scratch / "empty.hdf5");
            file.floats("observations", {0, 1}, {});
            file.floats("actions", {0, 1}, {});
            file.flags("terminals", {});
        }
        CHECK_THROWS_WITH_AS(
            test::ingest_all({scratch / "empty.hdf5"}),
            doctest::Contains("/actions: has 0 rows, expected at least one action"), DataError);
        {
            ForeignFile file(scratch / "zero.hdf5");
            file.floats("episode_0/observations", {3, 1}, {1, 2, 3});
            file.floats("episode_0/actions", {2, 1}, {1, 2});
            file.floats("episode_1/observations", {1, 1}, {1});
            file.floats("episode_1/actions", {0, 1}, {});
            file.floats("episode_2/observations", {3, 1}, {1, 2, 3});
        }
        CHECK_THROWS_WITH_AS(test::ingest_all({scratch / "zero.hdf5"}),
                             doctest::Contains("/episode_1/actions: has 0 rows"), DataError);
        CHECK_THROWS_WITH_AS(test::ingest_all({scratch / "zero.hdf5"}),
                             doctest::Contains("/episode_2/actions: is missing"), DataError);
        CHECK_THROWS_WITH_AS(test::ingest_all({scratch / "zero.hdf5"}, "rewards=episode_*/reward"),
                             doctest::Contains("/episode_0/reward: is missing"), DataError);
    }

    TEST_CASE("more problems than a line holds are counted") {
        const test::TempDir scratch;
        {
            ForeignFile file(scratch / "x.hdf5");
            for (int e = 0; e < 9; ++e) {
                const auto group = "episode_" + std::to_string(e);
                file.floats(group + "/observations", {1, 1}, {1});
                file.floats(group + "/actions", {0, 1}, {});
            }
        }
        CHECK_THROWS_WITH_AS(test::ingest_all({scratch / "x.hdf5"}),
                             doctest::Contains("; and 5 more problems"), DataError);
    }

    TEST_CASE("columns that change between episodes are named") {
        const test::TempDir scratch;
        {
            ForeignFile file(scratch / "x.hdf5");
            file.floats("episode_0/observations", {2, 1}, {1, 2});
            file.floats("episode_0/actions", {1, 1}, {1});
            file.floats("episode_1/observations", {2, 2}, {1, 2, 3, 4});
            file.floats("episode_1/actions", {1, 1}, {1});
        }
        CHECK_THROWS_WITH_AS(
            test::ingest_all({scratch / "x.hdf5"}),
            doctest::Contains("/episode_1/observations: has 2 columns, expected 1 as in the first"),
            DataError);
    }

    TEST_CASE("whole numbers that cannot be classes are refused") {
        CHECK(Spoilt("actions",
                     [](ForeignFile& f) {
                         f.whole("actions", {3}, {0, -1, 2});
                     })
                  .message()
                  .starts_with("/actions: holds actions from -1 to 2, expected whole"));
        CHECK(Spoilt("actions", [](ForeignFile& f) {
                  f.whole("actions", {3, 2}, {0, 1, 2, 3, 4, 5});
              }).message() == "nothing");
        CHECK(Spoilt("observations",
                     [](ForeignFile& f) {
                         f.whole("observations", {3}, {0, 1 << 20, 5});
                     })
                  .message()
                  .starts_with("/observations: holds whole numbers from 0 to 1048576,"));
    }

    TEST_CASE("files of mast itself, damaged files and missing ones are told apart") {
        const test::TempDir scratch;
        {
            ForeignFile file(scratch / "own.h5");
            file.attribute("mast_kind", "trajectories");
        }
        CHECK_THROWS_WITH_AS(test::ingest_all({scratch / "own.h5"}),
                             doctest::Contains("is a file of mast itself (trajectories)"),
                             DataError);
        CHECK_THROWS_WITH_AS(test::ingest_all({scratch / "none.h5"}),
                             doctest::Contains("does not exist"), IoError);
        std::ofstream(scratch / "text.h5") << "a,b\n1,2\n";
        CHECK_THROWS_WITH_AS(test::ingest_all({scratch / "text.h5"}),
                             doctest::Contains("is not an HDF5 file"), DataError);
    }

    TEST_CASE("a file cut short anywhere is refused, or was whole up to there") {
        const Spoilt whole("", [](ForeignFile&) {});
        const auto path = whole.scratch / "x.hdf5";
        const auto size = std::filesystem::file_size(path);
        for (std::uintmax_t keep = 0; keep < size; keep += 64) {
            CAPTURE(keep);
            std::filesystem::copy_file(path, whole.scratch / "cut.hdf5",
                                       std::filesystem::copy_options::overwrite_existing);
            std::filesystem::resize_file(whole.scratch / "cut.hdf5", keep);
            CHECK_THROWS_AS(test::ingest_all({whole.scratch / "cut.hdf5"}), Error);
        }
    }
}
