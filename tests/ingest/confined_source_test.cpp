#include "ingest/confined_source.h"

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <fstream>
#include <vector>

#include "base/error.h"
#include "base/sanitizers.h"
#include "base/stop.h"
#include "ingest/foreign_file.h"

using namespace mast;
using test::ForeignFile;

namespace {

void write_flat(const std::filesystem::path& path, std::size_t rows) {
    ForeignFile file(path);
    file.floats("observations", {rows, 2}, std::vector<float>(2 * rows, 0.5F));
    file.floats("actions", {rows, 1}, std::vector<float>(rows, 0.25F));
    std::vector<std::int8_t> ends(rows, 0);
    ends.back() = 1;
    file.flags("terminals", ends);
}

}  // namespace

TEST_SUITE("ingest/confined_source") {
    TEST_CASE("a reader that takes too much memory costs its file, by name") {
        if (kSanitized) {
            MESSAGE("skipped: a sanitizer's program knows no such limit");
            return;
        }
        const test::TempDir dir;
        write_flat(dir / "x.hdf5", 500'000);
        ingest::IngestOptions options;
        options.limits.memory_bytes = std::int64_t{1} << 20U;
        CHECK_THROWS_WITH_AS(ingest::ingest({dir / "x.hdf5"}, dir / "s.h5", options),
                             ((dir / "x.hdf5").string() +
                              ": takes more than 1 MB of memory to read, expected less (is it "
                              "damaged?)")
                                 .c_str(),
                             DataError);
        CHECK(!std::filesystem::exists(dir / "s.h5"));
    }

    TEST_CASE("a stop is answered while the reader still works") {
        const test::TempDir dir;
        write_flat(dir / "x.hdf5", 4);
        ingest::IngestOptions options;
        options.progress = [](std::int64_t, std::int64_t) { throw Interrupted{2}; };
        CHECK_THROWS_AS(ingest::ingest({dir / "x.hdf5"}, dir / "s.h5", options), Interrupted);
    }

    TEST_CASE("what is no regular file is refused, not waited for") {
        const test::TempDir dir;
        REQUIRE(::mkfifo((dir / "pipe").c_str(), 0600) == 0);
        CHECK_THROWS_WITH_AS(ingest::InputFile(dir / "pipe"),
                             doctest::Contains("is not a regular file"), IoError);
    }

    TEST_CASE("metadata of any length beside the data is read up to a bound") {
        const test::TempDir dir;
        write_flat(dir / "x.hdf5", 4);
        std::ofstream(dir / "metadata.json") << std::string(17U << 20U, ' ');
        const ingest::InputFile file(dir / "x.hdf5");
        CHECK(file.metadata()->size() == ingest::InputFile::kMostMetadataBytes + 1);
        // A flat file has no use for it.
        CHECK(test::ingest_all({dir / "x.hdf5"}).episodes.size() == 1);
    }
}
