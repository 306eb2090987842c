#include <doctest/doctest.h>

#include <array>
#include <string_view>

#include "base/error.h"
#include "base/hash.h"
#include "base/shape.h"
#include "base/suggest.h"

TEST_SUITE("base/hash") {
    TEST_CASE("the hash of nothing is XXH3's published value") {
        CHECK(mast::hash_text(mast::hash64("", 0)) == "xxh3:2d06800538d394c2");
    }

    TEST_CASE("pieces hash as the whole") {
        const std::string_view text = "observation, action, observation, action";
        mast::Hasher hasher;
        hasher.add(text.data(), 11);
        hasher.add(text.data() + 11, text.size() - 11);
        CHECK(hasher.value() == mast::hash64(text.data(), text.size()));
    }
}

TEST_SUITE("base/shape") {
    TEST_CASE("shapes print as people write them") {
        CHECK(mast::to_text({8, 64, 18}) == "(8, 64, 18)");
        CHECK(mast::to_text({}) == "()");
    }

    TEST_CASE("element counts multiply, and do not overflow silently") {
        CHECK(mast::element_count({3, 4, 5}) == 60);
        CHECK(mast::element_count({}) == 1);
        CHECK(mast::element_count({7, 0}) == 0);
        CHECK_THROWS_AS(mast::element_count({1LL << 40, 1LL << 40}), mast::DataError);
        CHECK_THROWS_AS(mast::element_count({-1}), mast::DataError);
    }
}

TEST_SUITE("base/suggest") {
    constexpr std::array<std::string_view, 4> kKnown{"ingest", "mask", "pretrain", "evaluate"};

    TEST_CASE("a slip of the fingers finds its word") {
        CHECK(mast::suggest("pretain", kKnown) == "pretrain");
        CHECK(mast::suggest("maks", kKnown) == "mask");
        CHECK(mast::did_you_mean("evalute", kKnown) == "; did you mean 'evaluate'?");
    }

    TEST_CASE("a word unlike all others finds nothing") {
        CHECK(!mast::suggest("zzzzzz", kKnown));
        CHECK(mast::did_you_mean("zzzzzz", kKnown).empty());
        CHECK(!mast::suggest("x", {}));
    }
}
