#include "train/metrics_log.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "store/output_file.h"
#include "support/temp_dir.h"

namespace mast::train {

namespace {

const std::string kThree = "{\"step\":1}\n{\"step\":20}\n{\"step\":30}\n";

/// What is left of a file of this content after a cut.
std::string cut(const std::string& content, std::int64_t step) {
    const test::TempDir dir;
    store::write_file(dir / "m", content, store::Overwrite::refuse);
    MetricsLog(dir / "m").cut_after(step);
    return store::read_file(dir / "m", 10000);
}

/// What read_metrics() makes of a file of this content.
std::string read(const std::string& content) {
    const test::TempDir dir;
    store::write_file(dir / "m", content, store::Overwrite::refuse);
    std::string text;
    read_metrics(dir / "m", [&](std::int64_t step, const std::vector<Scalar>& numbers) {
        text += fmt::format("{}:", step);
        for (const auto& [key, value] : numbers)
            text += fmt::format(" {}={}", key, value);
        text += "\n";
    });
    return text;
}

}  // namespace

TEST_SUITE("train/metrics_log") {
    TEST_CASE("lines are appended to those that are there") {
        const test::TempDir dir;
        MetricsLog(dir / "m").append("{\"step\":1}");
        MetricsLog log(dir / "m");
        log.append("{\"step\":20}");
        log.append("{\"step\":30}");
        log.sync();
        CHECK(store::read_file(dir / "m", 10000) == kThree);
        CHECK_THROWS_AS(MetricsLog(dir / "none/m"), IoError);
    }

    TEST_CASE("lines of later steps are dropped") {
        CHECK(cut(kThree, 30) == kThree);
        CHECK(cut(kThree, 29) == kThree.substr(0, 23));
        CHECK(cut(kThree, 20) == kThree.substr(0, 23));
        CHECK(cut(kThree, 19) == kThree.substr(0, 11));
        CHECK(cut(kThree, 0).empty());
        CHECK(cut("", 5).empty());
    }

    TEST_CASE("a line that is not whole is dropped with what follows it") {
        for (std::size_t size = 23; size < kThree.size(); ++size) {
            CAPTURE(size);
            CHECK(cut(kThree.substr(0, size), 99) == kThree.substr(0, 23));
        }
        CHECK(cut("{\"step\":1}\nnonsense\n{\"step\":2}\n", 99) == "{\"step\":1}\n");
        CHECK(cut("[1]\n{\"step\":2}\n", 99).empty());
        CHECK(cut("{\"step\":\"1\"}\n{\"step\":2}\n", 99).empty());
    }

    TEST_CASE("what is read are the numbers of each line that was written to its end") {
        CHECK(read("{\"step\":3,\"loss\":0.5,\"masks_x\":{\"hidden\":1},\"lr\":2}\n{\"step\":4}\n"
                   "{\"step\":5,\"lo") == "3: loss=0.5 lr=2\n4:\n");
        CHECK(read("").empty());
        CHECK_THROWS_WITH_AS(read("{\"step\":1}\n{\"loss\":1}\n"),
                             doctest::Contains("line 2 is not"), DataError);
        CHECK_THROWS_AS(read("[1]\n"), DataError);
        const test::TempDir dir;
        CHECK_THROWS_AS(read_metrics(dir / "none", [](auto, const auto&) {}), IoError);
    }
}

}  // namespace mast::train
