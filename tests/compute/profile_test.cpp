#include "compute/profile.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "compute/gelu.h"

namespace mast::compute {

namespace {

double ticks = 0;
double next_tick() {
    return ++ticks;
}

}  // namespace

TEST_SUITE("compute/profile") {
    TEST_CASE("an operation adds its time while it is asked for, and reads no clock otherwise") {
        const std::vector<float> x(100, 0.5F);
        std::vector<float> y(100);
        const Matrix<const float> in(x, 1, 100);
        const Matrix<float> out{std::span(y), 1, 100};
        Profile profile{&next_tick};
        gelu(in, out);
        CHECK(ticks == 0);
        profile_into(&profile);
        gelu(in, out);
        gelu(in, out);
        profile_into(nullptr);
        gelu(in, out);
        CHECK(ticks == 4);
        CHECK(profile.seconds[static_cast<std::size_t>(Op::gelu)] == 2.0);
        CHECK(std::count(profile.seconds.begin(), profile.seconds.end(), 0.0) ==
              static_cast<std::ptrdiff_t>(kOpNames.size()) - 1);
    }

    TEST_CASE("each operation has its name") {
        CHECK(std::string(kOpNames[static_cast<std::size_t>(Op::gelu)]) == "gelu");
        CHECK(std::string(kOpNames.back()) == "update");
        CHECK(kOpNames.size() == static_cast<std::size_t>(Op::update) + 1);
    }
}

}  // namespace mast::compute
