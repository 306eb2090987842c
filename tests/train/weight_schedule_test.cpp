#include "train/weight_schedule.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "mask/catalogue.h"

using namespace mast;
using namespace mast::train;

namespace {

std::vector<mask::Objective> objectives() {
    const mask::Layout layout("obs,act");
    return {mask::make_objective("inverse", layout, 4),
            mask::make_objective("random:ratio=0.3,of=act", layout, 4)};
}

std::string refusal(const std::vector<std::string>& points) {
    try {
        read_weight_schedules(points, objectives());
    } catch (const UsageError& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_SUITE("train/weight_schedule") {
    TEST_CASE("weights lie on straight lines between points and hold beyond them") {
        const auto schedules = read_weight_schedules(
            {"30:random:ratio=0.3,of=act=2", "10:random:ratio=0.3,of=act=0"}, objectives());
        REQUIRE(schedules.size() == 2);
        CHECK(schedules[0].at(5, 0.7) == 0.7);
        CHECK(schedules[1].at(1, 0.7) == 0);
        CHECK(schedules[1].at(10, 0.7) == 0);
        CHECK(schedules[1].at(15, 0.7) == doctest::Approx(0.5));
        CHECK(schedules[1].at(30, 0.7) == 2);
        CHECK(schedules[1].at(1000, 0.7) == 2);
    }

    TEST_CASE("points that make no sense are refused") {
        CHECK(refusal({"inverse=1"}) ==
              "--schedule: \"inverse=1\" is not STEP:NAME=WEIGHT, expected e.g. 1000:inverse=0.5");
        CHECK(refusal({"5:inverse=-1"}).find("is not STEP:NAME=WEIGHT") != std::string::npos);
        CHECK(refusal({"5:inverse=nan"}).find("is not STEP:NAME=WEIGHT") != std::string::npos);
        CHECK(refusal({"-5:inverse=1"}).find("is not STEP:NAME=WEIGHT") != std::string::npos);
        CHECK(refusal({"5:invers=1"}) ==
              "--schedule: \"invers\" is none of the objectives, expected inverse or "
              "random:ratio=0.3,of=act; did you mean 'inverse'?");
        CHECK(refusal({"5:inverse=1", "5:inverse=2"}) ==
              "--schedule: inverse has two weights at step 5, expected one");
    }
}
