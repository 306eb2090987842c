#include "base/version.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace mast;

TEST_SUITE("base/version") {
    TEST_CASE("files of this release and of earlier ones are read") {
        for (const char* written : {version(), "0.1.7", "0.1", "0.0.9"}) {
            CAPTURE(written);
            CHECK_NOTHROW(expect_readable(written, "f"));
        }
    }

    TEST_CASE("files of later releases, and versions that are none, are refused with both named") {
        for (const char* written : {"0.2.0", "0.10.0", "1.0.0", "99999.1"}) {
            CAPTURE(written);
            CHECK_THROWS_WITH_AS(expect_readable(written, "f"),
                                 (std::string("f: was written by mast ") + written + ", expected " +
                                  version() + " or earlier (use a newer mast)")
                                     .c_str(),
                                 DataError);
        }
        for (const char* written : {"", "1", "a.b", "0.", ".1", "0.1x", "999999999999.1"}) {
            CAPTURE(written);
            CHECK_THROWS_AS(expect_readable(written, "f"), DataError);
        }
    }
}
