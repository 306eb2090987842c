#include "base/printable.h"

#include <doctest/doctest.h>

using mast::printable;

TEST_SUITE("base/printable") {
    TEST_CASE("text of any language stays as it is") {
        CHECK(printable("obs/Gelenkwinkel \xC3\xA4 \xE2\x88\x82 \xF0\x9F\xA4\x96") ==
              "obs/Gelenkwinkel \xC3\xA4 \xE2\x88\x82 \xF0\x9F\xA4\x96");
        CHECK(printable("").empty());
    }

    TEST_CASE("what would end a line or command a terminal is spelt out") {
        CHECK(printable("a\nb\rc\td") == "a\\nb\\x0dc\\x09d");
        CHECK(printable("\x1b]0;owned\x07") == "\\x1b]0;owned\\x07");
        CHECK(printable(std::string_view("\0\x7f", 2)) == "\\x00\\x7f");
        CHECK(printable("\xC2\x9b"
                        "31m") == "\\xc2\\x9b31m");
    }

    TEST_CASE("bytes that are no UTF-8 are spelt out one by one") {
        CHECK(printable("\xff\xc3") == "\\xff\\xc3");
        CHECK(printable("\xC0\xAF") == "\\xc0\\xaf");           // overlong
        CHECK(printable("\xED\xA0\x80") == "\\xed\\xa0\\x80");  // surrogate
        CHECK(printable("\xF4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
        CHECK(printable("\xE2\x88") == "\\xe2\\x88");
    }
}
