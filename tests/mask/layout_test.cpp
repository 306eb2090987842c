#include "mask/layout.h"

#include <doctest/doctest.h>

#include "mask/support.h"

namespace mast::mask {

TEST_SUITE("mask/layout") {
    TEST_CASE("obs,act puts step t's observation at 2t and its action at 2t + 1") {
        const Layout layout("obs,act");
        CHECK(layout.per_step() == 2);
        CHECK(layout.tokens(30) == 60);
        CHECK(layout.token(3, Modality::obs) == 6);
        CHECK(layout.token(3, Modality::act) == 7);
        CHECK(layout.step_of(7) == 3);
        CHECK(layout.modality_of(7) == Modality::act);
        CHECK(layout.token_name(7) == "a_3");
        CHECK(!layout.has(Modality::rtg));
    }

    TEST_CASE("a layout's text is its list") {
        for (const char* text : {"obs,act", "rtg,obs,act", "obs,act,rew", "act,rew,obs,rtg"}) {
            CHECK(Layout(text).text() == text);
        }
        const Layout layout("rtg,obs,act,rew");
        CHECK(layout.token_name(4) == "R_1");
        CHECK(layout.token_name(7) == "r_1");
    }

    TEST_CASE("a layout that cannot be is refused with the reason") {
        const auto message = [](const char* text) { return refusal([&] { Layout layout(text); }); };
        CHECK(
            message("obs,atc") ==
            "layout \"obs,atc\": \"atc\" is not a kind of token, expected a list of obs, act, rew, "
            "rtg; did you mean 'act'?");
        CHECK(message("obs,act,obs") ==
              "layout \"obs,act,obs\": obs stands there twice, expected it once");
        CHECK(message("obs") ==
              "layout \"obs\": act is missing, expected at least obs and act (add it)");
        CHECK(message("").find("\"\" is not a kind of token") != std::string::npos);
        CHECK(message("obs,act,").find("\"\" is not a kind of token") != std::string::npos);
        CHECK(message("obs, act").find("\" act\" is not a kind of token") != std::string::npos);
    }
}

}  // namespace mast::mask
