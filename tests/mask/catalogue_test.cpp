#include "mask/catalogue.h"

#include <doctest/doctest.h>

#include "mask/leak.h"
#include "mask/support.h"

namespace mast::mask {

namespace {

/// Names of the tokens that a row may not look at, of those before it.
std::string hidden_from(const Objective& objective, std::int64_t row) {
    std::string names;
    for (std::int64_t c = 0; c < row; ++c) {
        if (objective.attend[static_cast<std::size_t>(row * objective.tokens() + c)] != 0) continue;
        if (!names.empty()) names += ' ';
        names += objective.layout.token_name(c);
    }
    return names;
}

}  // namespace

TEST_SUITE("mask/catalogue") {
    TEST_CASE("policy reads each action at its observation") {
        const auto policy = objective_of("policy:weight=0.5", 3, "rtg,obs,act");
        CHECK(policy.role == "policy");
        CHECK(policy.weight == 0.5);
        CHECK(policy.target == Target::always);
        CHECK(policy.readout == std::vector<std::int64_t>{-1, -1, 1, -1, -1, 4, -1, -1, 7});
    }

    TEST_CASE("forward reads the next observation at the action") {
        const auto forward = objective_of("forward", 3);
        CHECK(forward.role == "forward");
        CHECK(forward.readout == std::vector<std::int64_t>{-1, -1, 1, -1, 3, -1});
        CHECK(rows_of(forward) == rows_of(objective_of("policy", 3)));
    }

    TEST_CASE("inverse reads each action at the next observation") {
        const auto inverse = objective_of("inverse", 4);
        CHECK(inverse.role == "inverse");
        CHECK(inverse.readout == std::vector<std::int64_t>{-1, 2, -1, 4, -1, 6, -1, -1});
    }

    TEST_CASE("inverse over k steps hides all actions between, and keeps all observations") {
        const auto inverse = objective_of("inverse:k=3", 6);
        CHECK(inverse.role == "inverse_k3");
        CHECK(inverse.readout ==
              std::vector<std::int64_t>{-1, 6, -1, 8, -1, 10, -1, -1, -1, -1, -1, -1});
        CHECK(hidden_from(inverse, 2) == "a_0");
        CHECK(hidden_from(inverse, 4) == "a_0 a_1");
        CHECK(hidden_from(inverse, 6) == "a_0 a_1 a_2");
        CHECK(hidden_from(inverse, 8) == "a_1 a_2 a_3");
        CHECK(hidden_from(inverse, 10) == "a_2 a_3 a_4");
        CHECK(hidden_from(inverse, 9).empty());
    }

    TEST_CASE("inverse hides what could carry the action, and no more") {
        // Between a_t and o_t+1 stands R_t+1, which sees a_t.
        CHECK(hidden_from(objective_of("inverse", 3, "rtg,obs,act"), 4) == "a_0 R_1");
        CHECK(hidden_from(objective_of("inverse", 3, "rtg,obs,act"), 7) == "a_1 R_2");
        CHECK(hidden_from(objective_of("inverse", 3, "obs,act,rew"), 3) == "a_0 r_0");
        // The reward stands before the action and cannot have seen it.
        CHECK(hidden_from(objective_of("inverse", 3, "obs,rew,act"), 3) == "a_0");
        // The later action sees the earlier one.
        CHECK(hidden_from(objective_of("inverse", 3, "act,obs"), 3) == "a_0 a_1");
        CHECK(hidden_from(objective_of("inverse:k=2", 4, "obs,act,rew"), 6) == "a_0 r_0 a_1 r_1");
    }

    TEST_CASE("isolate leaves the two observations alone") {
        const auto inverse = objective_of("inverse:k=2,isolate=true", 4);
        CHECK(rows_of(inverse)[4] == std::vector<int>{1, 0, 0, 0, 1, 0, 0, 0});
        CHECK(rows_of(inverse)[6] == std::vector<int>{0, 0, 1, 0, 0, 0, 1, 0});
        CHECK(rows_of(inverse)[2] == std::vector<int>{0, 0, 1, 0, 0, 0, 0, 0});
    }

    TEST_CASE("the article's band is clamped where it would wrap") {
        const auto band = objective_of("inverse:rm_idx=3", 4);
        CHECK(hidden_from(band, 2) == "o_0 a_0");
        CHECK(hidden_from(band, 4) == "a_0 o_1 a_1");
        CHECK(hidden_from(band, 6) == "a_1 o_2 a_2");
        const auto widest = objective_of("inverse:rm_idx=7", 4);
        for (std::size_t row = 0; row < 8; ++row) {
            // A row always sees itself, so none is left with nothing.
            CHECK(rows_of(widest)[row][row] == 1);
        }
        CHECK(band.readout == objective_of("inverse", 4).readout);
    }

    TEST_CASE("no built-in leaks in the layouts it is made for, at any depth") {
        for (const char* layout : {"obs,act", "rtg,obs,act", "obs,act,rew", "obs,rew,act"}) {
            for (const char* spec :
                 {"policy", "forward", "inverse", "inverse:k=2", "inverse:k=3",
                  "inverse:k=2,isolate=true", "random:ratio=0.5", "steps:actions=0+1,obs=2"}) {
                CAPTURE(layout);
                CAPTURE(spec);
                const auto objective = objective_of(spec, 6, layout);
                CHECK(find_leaks(objective, objective.tokens()).empty());
            }
        }
        // Inverse is closed in every order of tokens.
        for (const char* layout : {"act,obs", "act,rtg,obs", "act,rew,obs,rtg"}) {
            const auto objective = objective_of("inverse:k=2", 6, layout);
            CHECK(find_leaks(objective, objective.tokens()).empty());
        }
    }

    TEST_CASE("specs that make no sense are refused with a cure") {
        CHECK(refused_spec("invrese") ==
              "objective \"invrese\": column 1: invrese is unknown, expected a name that "
              "mast objective --list shows; did you mean 'inverse'?");
        CHECK(refused_spec("policy:k=2") ==
              "objective \"policy:k=2\": column 8: k is not an argument of policy, expected one of "
              "weight");
        CHECK(refused_spec("inverse:k=4") ==
              "objective \"inverse:k=4\": column 11: k is \"4\", expected a whole number from 1 to "
              "3");
        CHECK(
            refused_spec("inverse", 1) ==
            "objective \"inverse\": compares two steps, but the context is 1, expected at least 2 "
            "(use a longer context)");
        CHECK(refused_spec("forward", 1).find("expected at least 2") != std::string::npos);
        CHECK(refused_spec("inverse:rm_idx=8").find("from 1 to 7") != std::string::npos);
        CHECK(refused_spec("inverse:rm_idx=1,k=2") ==
              "objective \"inverse:rm_idx=1,k=2\": column 20: k is \"2\", expected rm_idx "
              "to stand alone (leave one of them out)");
        CHECK(refused_spec("random:ratio=0").find("nothing to predict") != std::string::npos);
        CHECK(refused_spec("random:ratio=1") ==
              "objective \"random:ratio=1\": column 14: ratio is \"1\", expected less than 1: "
              "everything would be hidden, with nothing left to predict it from (lower it, or hide "
              "fewer kinds with of=)");
        CHECK(refused_spec("random:ratio=1,of=obs+act").find("everything would be hidden") !=
              std::string::npos);
        CHECK(refused_spec("random:ratio=1,of=act").empty());
        CHECK(refused_spec("random:ratio=1.5").find("from 0 to 1") != std::string::npos);
        CHECK(
            refused_spec("random:of=rtg") ==
            "objective \"random:of=rtg\": column 11: of is \"rtg\", expected kinds of token of the "
            "layout obs,act, joined by +");
        CHECK(
            refused_spec("steps:actions=4") ==
            "objective \"steps:actions=4\": column 15: actions is \"4\", expected steps from 0 to "
            "3, joined by +, or a run such as 0..3 (the context is 4)");
        CHECK(refused_spec("steps:actions=0+").find("expected steps") != std::string::npos);
        CHECK(refused_spec("steps:actions=-1").find("expected steps") != std::string::npos);
        CHECK(refused_spec("steps").find("nothing to predict") != std::string::npos);
        CHECK(refused_spec("steps:rtg=0").find("only kinds of token of the layout obs,act") !=
              std::string::npos);
        CHECK(refused_spec("steps:actions=0..3,obs=0..3").find("hides every token") !=
              std::string::npos);
        CHECK(refused_spec("policy:weight=-1").find("expected a number from 0") !=
              std::string::npos);
        CHECK(refused_spec("policy", 0).find("the context is 0") != std::string::npos);
        CHECK(refused_spec("policy", 1 << 20).find("expected 1 to 2048 steps") !=
              std::string::npos);
    }

    TEST_CASE("steps can be given as runs") {
        const auto steps = objective_of("steps:actions=0+2..4,obs=1", 6);
        CHECK(steps.readout ==
              std::vector<std::int64_t>{-1, 1, 2, -1, -1, 5, -1, 7, -1, 9, -1, -1});
    }
}

}  // namespace mast::mask
