#include "publish/observation_space.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

using mast::publish::observation_space;
using mast::store::Component;

TEST_SUITE("observation space") {
    TEST_CASE("observations without parts are one box") {
        const auto space = observation_space({{"observations", 0, 2}}, 2);
        REQUIRE(space.parts.size() == 1);
        CHECK(space.parts[0].path == "observations");
        CHECK(space.parts[0].width == 2);
        CHECK(space.json ==
              R"({"type": "Box", "dtype": "float32", "shape": [2], "low": [-Infinity, -Infinity], )"
              R"("high": [Infinity, Infinity]})");
        CHECK(space.keeps_names);
    }

    TEST_CASE("parts are a tree by their names, in their own order") {
        const auto space =
            observation_space({{"z", 0, 1}, {"joint/\"omega\"", 1, 1}, {"joint/angle", 2, 3}}, 5);
        const std::string box =
            R"({"type": "Box", "dtype": "float32", "shape": [1], "low": [-Infinity], "high": [Infinity]})";
        const std::string wide =
            R"({"type": "Box", "dtype": "float32", "shape": [3], "low": [-Infinity, -Infinity, )"
            R"(-Infinity], "high": [Infinity, Infinity, Infinity]})";
        CHECK(space.json == R"({"type": "Dict", "subspaces": {"z": )" + box +
                                R"(, "joint": {"type": "Dict", "subspaces": {"\"omega\"": )" + box +
                                R"(, "angle": )" + wide + "}}}}");
        REQUIRE(space.parts.size() == 3);
        CHECK(space.parts[2].path == "observations/joint/angle");
        CHECK(space.parts[2].first == 2);
        CHECK(space.keeps_names);
    }

    TEST_CASE("names that are no tree in their order are given up, and no column with them") {
        const std::string deep = "0/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16";
        for (const auto& names : {std::array<std::string, 3>{"a", "b", "a"},
                                  {"a", "a/b", "c"},
                                  {"a/b", "a", "c"},
                                  {"a/x", "b/y", "a/z"},
                                  {"a", "", "c"},
                                  {"a", "..", "c"},
                                  {"a", "b_*", "c"},
                                  {"a", "b/", "c"},
                                  {"a", deep, "c"}}) {
            CAPTURE(names[1]);
            const auto space =
                observation_space({{names[0], 0, 1}, {names[1], 1, 1}, {names[2], 2, 1}}, 3);
            CHECK_FALSE(space.keeps_names);
            REQUIRE(space.parts.size() == 1);
            CHECK(space.parts[0].path == "observations");
            CHECK(space.parts[0].width == 3);
        }
    }
}
