#include "mask/spec.h"

#include <doctest/doctest.h>

#include "mask/support.h"

namespace mast::mask {

TEST_SUITE("mask/spec") {
    TEST_CASE("a spec is a name and arguments") {
        Spec spec("random:ratio=0.15..0.6,of=act+obs,k=3,isolate=true");
        CHECK(spec.name() == "random");
        CHECK(spec.range("ratio", {0, 0}, 0, 1) == std::pair(0.15, 0.6));
        CHECK(spec.list("of") == std::vector<std::string>{"act", "obs"});
        CHECK(spec.whole("k", 1, 1, 9) == 3);
        CHECK(spec.flag("isolate", false));
        CHECK(spec.number("weight", 0.25, 0, 1) == 0.25);
        spec.refuse_unknown();
    }

    TEST_CASE("mistakes are pointed at") {
        const auto message = [](const std::string& text) {
            return refusal([&] { Spec spec(text); });
        };
        CHECK(message("") ==
              "objective \"\": column 1: expected the name of an objective in small "
              "letters, e.g. inverse:k=2");
        CHECK(message("Inverse").find("column 1: expected the name") != std::string::npos);
        CHECK(message("random:") ==
              "objective \"random:\": column 8: \"\" is not KEY=VALUE, "
              "expected e.g. weight=0.5");
        CHECK(message("random:ratio") ==
              "objective \"random:ratio\": column 8: \"ratio\" is not KEY=VALUE, expected e.g. "
              "weight=0.5");
        CHECK(message("random:ratio=") ==
              "objective \"random:ratio=\": column 14: ratio has no value, expected ratio=VALUE");
        CHECK(message("random:of=act,of=obs") ==
              "objective \"random:of=act,of=obs\": column 15: of is there twice, expected it once");
        CHECK(message("random:of=act,") ==
              "objective \"random:of=act,\": column 15: \"\" is not "
              "KEY=VALUE, expected e.g. weight=0.5");
    }

    TEST_CASE("values are checked types") {
        for (const char* value : {"-1", "0", "1.5", "2x", "", "1e3", "99999999999999999999"}) {
            CAPTURE(value);
            CHECK_THROWS_AS([&] { Spec(std::string("x:k=") + value).whole("k", 1, 1, 9); }(),
                            UsageError);
        }
        for (const char* value :
             {"nan", "inf", "-0.1", "1.1", "0.2..", "..0.2", "0.6..0.2", "0.1.2"}) {
            CAPTURE(value);
            CHECK_THROWS_AS(
                [&] {
                    Spec(std::string("x:r=") + value).range("r", {0, 0}, 0, 1);
                }(),
                UsageError);
        }
        CHECK(refusal([] { Spec("x:k=nan").number("k", 0, 0, 1); }) ==
              "objective \"x:k=nan\": column 5: k is \"nan\", expected a number from 0 to 1");
        CHECK_THROWS_AS(Spec("x:f=yes").flag("f", false), UsageError);
        CHECK(Spec("x:l=Aa-9_z").label("l", "") == "Aa-9_z");
        for (const char* value : {"a\"b", "a.b", "a/b", "a\\b", "\xc3\xa9", "\x01"}) {
            CAPTURE(value);
            const auto text = std::string("x:l=") + value;
            CHECK(refusal([&] { Spec(text).label("l", ""); }) ==
                  "objective \"" + text + "\": column 5: l is \"" + value +
                      "\", expected letters, digits, - and _");
        }
    }

    TEST_CASE("a key that nobody asked for gets a suggestion") {
        Spec spec("random:ratoi=0.3");
        spec.range("ratio", {0, 0}, 0, 1);
        spec.list("of");
        CHECK(refusal([&] { spec.refuse_unknown(); }) ==
              "objective \"random:ratoi=0.3\": column 8: ratoi is not an argument of random, "
              "expected one of ratio, of; did you mean 'ratio'?");
    }
}

}  // namespace mast::mask
