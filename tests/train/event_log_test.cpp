#include "train/event_log.h"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "support/temp_dir.h"

namespace mast::train {

namespace {

std::string bytes_of(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

void add_steps(EventLog& log, std::int64_t first, std::int64_t last) {
    for (auto step = first; step <= last; ++step) {
        log.scalars(step, static_cast<double>(step),
                    {{"loss/total", 1.0 / static_cast<double>(step)}});
        if (step % 2 == 0) log.picture(step, static_cast<double>(step), "picture", {3, 2, "PNG"});
    }
}

}  // namespace

TEST_SUITE("train/event_log") {
    TEST_CASE("the bytes of a file are those of TensorFlow's record format") {
        const test::TempDir dir;
        { EventLog log(dir / "events", 0); }
        // Written by hand: the event is {3: "brain.Event:2"}; the sums are those that the package
        // tensorboard finds right, see tests/tensorboard.
        const std::string event =
            "\x1a\x0d"
            "brain.Event:2";
        const auto bytes = bytes_of(dir / "events");
        REQUIRE(bytes.size() == 8 + 4 + event.size() + 4);
        CHECK(bytes.substr(0, 8) == std::string("\x0f\0\0\0\0\0\0\0", 8));
        CHECK(bytes.substr(12, event.size()) == event);
    }

    TEST_CASE("numbers of a tag are read up to a record that is not whole") {
        const test::TempDir dir;
        {
            EventLog log(dir / "events", 0);
            add_steps(log, 1, 6);
        }
        const auto read = [&](const std::string& tag) {
            std::vector<std::pair<std::int64_t, double>> found;
            read_scalars(dir / "events", tag,
                         [&](std::int64_t step, double value) { found.emplace_back(step, value); });
            return found;
        };
        const auto whole = read("loss/total");
        REQUIRE(whole.size() == 6);
        CHECK(whole[3].first == 4);
        CHECK(whole[3].second == 0.25);
        CHECK(read("picture").empty());
        CHECK(read("loss").empty());
        const auto bytes = bytes_of(dir / "events");
        write(dir / "events", bytes.substr(0, bytes.size() - 1));
        CHECK(read("loss/total").size() == 6);
        auto changed = bytes;
        changed[60] = static_cast<char>(changed[60] ^ 1);
        write(dir / "events", changed);
        CHECK(read("loss/total").size() < 6);
        std::filesystem::remove(dir / "events");
        CHECK(read("loss/total").empty());
    }

    TEST_CASE("a log that goes on from a step is that of one that never stopped") {
        const test::TempDir dir;
        {
            EventLog whole(dir / "whole", 0);
            add_steps(whole, 1, 20);
        }
        {
            EventLog first(dir / "parts", 0);
            add_steps(first, 1, 15);
        }
        for (const std::int64_t step : {12, 12, 3, 0}) {
            CAPTURE(step);
            EventLog next(dir / "parts", step);
            add_steps(next, step + 1, 20);
            CHECK(bytes_of(dir / "parts") == bytes_of(dir / "whole"));
        }
    }

    TEST_CASE("what follows a record that is cut or changed is dropped, at every byte") {
        const test::TempDir dir;
        {
            EventLog log(dir / "whole", 0);
            add_steps(log, 1, 4);
        }
        const auto whole = bytes_of(dir / "whole");
        for (std::size_t at = 0; at < whole.size(); ++at) {
            auto changed = whole;
            changed[at] = static_cast<char>(changed[at] ^ 0x10);
            for (const auto& broken : {whole.substr(0, at), changed}) {
                write(dir / "broken", broken);
                { const EventLog log(dir / "broken", 4); }
                const auto kept = bytes_of(dir / "broken");
                CHECK(kept == whole.substr(0, kept.size()));
                CHECK(kept.size() <= std::max<std::size_t>(at, 31));
            }
        }
    }

    TEST_CASE("a length beyond the file's end is not believed") {
        const test::TempDir dir;
        write(dir / "huge", std::string(8, '\x7f') + std::string(100, 'x'));
        const EventLog log(dir / "huge", 10);
        CHECK(bytes_of(dir / "huge").size() == 31);
    }

    TEST_CASE("numbers that are not finite are left out") {
        const test::TempDir dir;
        {
            EventLog log(dir / "with", 0);
            log.scalars(1, 1.0, {{"a", 1.0}, {"b", std::nan("")}, {"c", HUGE_VAL}, {"d", 2.0}});
            EventLog other(dir / "without", 0);
            other.scalars(1, 1.0, {{"a", 1.0}, {"d", 2.0}});
        }
        CHECK(bytes_of(dir / "with") == bytes_of(dir / "without"));
    }
}

}  // namespace mast::train
