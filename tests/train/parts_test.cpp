#include "train/parts.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "base/error.h"
#include "mask/catalogue.h"
#include "train/thread_processes.h"

namespace mast::train {

namespace {

std::vector<mask::Objective> objectives(const std::string& spec) {
    return {mask::make_objective(spec, mask::Layout("obs,act"), 6)};
}

std::string refusal(std::int64_t batches, std::int64_t batch_size, const std::string& spec,
                    int count) {
    Meeting meeting(count);
    try {
        check_parts(batches, batch_size, objectives(spec), ThreadProcess(meeting, 0));
    } catch (const UsageError& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_SUITE("train/parts") {
    TEST_CASE(
        "each sample of a step is one process's, in order, and shares differ by one at most") {
        for (const bool whole : {false, true}) {
            for (const int count : {1, 2, 3, 4, 7}) {
                CAPTURE(whole);
                CAPTURE(count);
                constexpr std::int64_t kBatches = 9;
                constexpr std::int64_t kSize = 5;
                Meeting meeting(count);
                std::int64_t next = 0;
                std::int64_t least = kBatches * kSize;
                std::int64_t most = 0;
                for (int rank = 0; rank < count; ++rank) {
                    const auto before = next;
                    for (const auto& part :
                         parts_of(kBatches, kSize, whole, ThreadProcess(meeting, rank))) {
                        CHECK(part.batch * kSize + part.first == next);
                        CHECK(part.first + part.count <= kSize);
                        CHECK(part.count > 0);
                        if (whole) CHECK(part.count == kSize);
                        next += part.count;
                    }
                    least = std::min(least, next - before);
                    most = std::max(most, next - before);
                }
                CHECK(next == kBatches * kSize);
                CHECK(most - least <= (whole ? kSize : 1));
            }
        }
    }

    TEST_CASE("samples that an objective mixes stay together, and there must be enough of each") {
        CHECK_FALSE(needs_whole_batches(objectives("inverse")));
        CHECK(needs_whole_batches(objectives("bert")));
        CHECK(needs_whole_batches(objectives("contrast:delta=1")));
        CHECK(refusal(1, 8, "inverse", 8).empty());
        CHECK(refusal(1, 8, "inverse", 9).find("--batch-size: a step has 8 windows for 9") == 0);
        CHECK(refusal(3, 2, "contrast:delta=1", 3).empty());
        CHECK(refusal(2, 64, "bert", 3).find("--accumulate: is 2, but bert mixes") == 0);
        CHECK(refusal(2, 64, "bert", 1).empty());
    }
}

}  // namespace mast::train
