#include "ingest/space.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace mast;
using ingest::parse_space;
using ingest::Space;

TEST_SUITE("ingest/space") {
    TEST_CASE("nested spaces are found by path, tuples by number, in their own order") {
        const auto space = parse_space(
            R"({"type":"Dict","subspaces":{"z":{"type":"Tuple","subspaces":[
                {"type":"Text","max_length":3},{"type":"MultiDiscrete","nvec":[2,5]}]},
                "a":{"type":"Discrete","n":3,"start":-1}}})",
            "x");
        REQUIRE(space.parts.size() == 2);
        CHECK(space.parts[0].key == "z");
        REQUIRE(space.find("z/_index_1") != nullptr);
        CHECK(space.find("z/_index_1")->ranges[1].count == 5);
        CHECK(space.find("z/_index_0")->kind == Space::Kind::text);
        CHECK(space.find("a")->ranges[0].start == -1);
        CHECK(space.find("a/b") == nullptr);
        CHECK(space.find("") == &space);
    }

    TEST_CASE("bare Infinity and NaN are read, and left alone inside of names") {
        const auto space = parse_space(
            R"({"type":"Dict","subspaces":{"NaN \" Infinity":{"type":"Box","low":[-Infinity,NaN]}}})",
            "x");
        CHECK(space.parts[0].key == "NaN \" Infinity");
    }

    TEST_CASE("what is no space is refused with its place") {
        for (const char* text :
             {"", "[]", "{}", R"({"type":3})", R"({"type":"Discrete"})",
              R"({"type":"Discrete","n":0})", R"({"type":"Discrete","n":9000000000000000000})",
              R"({"type":"Discrete","n":2,"start":9000000000000000000})",
              R"({"type":"MultiDiscrete","nvec":"x"})", R"({"type":"Dict"})"}) {
            CAPTURE(text);
            CHECK_THROWS_WITH_AS(parse_space(text, "here"),
                                 doctest::Contains("here: is not a description of a space"),
                                 DataError);
        }
        std::string deep;
        for (int i = 0; i < 100; ++i)
            deep += R"({"type":"Tuple","subspaces":[)";
        for (int i = 0; i < 100; ++i)
            deep += "]}";
        CHECK_THROWS_WITH_AS(parse_space(deep, "here"), doctest::Contains("nested too deep"),
                             DataError);
    }
}
