#include <doctest/doctest.h>

#include <fstream>

#include "mask/leak.h"
#include "mask/support.h"
#include "mask/tally.h"
#include "support/temp_dir.h"

namespace mast::mask {

namespace {

/// How often each token is hidden, of 4,000 samples.
std::vector<double> hidden_share(const Objective& objective) {
    const auto n = static_cast<std::size_t>(objective.tokens());
    const std::vector<std::uint8_t> valid(static_cast<std::size_t>(objective.steps), 1);
    std::vector<std::uint8_t> hidden(n);
    std::vector<std::uint8_t> predict(n);
    std::vector<double> share(n);
    for (std::uint64_t s = 0; s < 4000; ++s) {
        draw(objective, {1, s, 1.0}, valid, hidden, predict);
        for (std::size_t i = 0; i < n; ++i)
            share[i] += hidden[i] != kVisible ? 1 : 0;
    }
    for (auto& times : share)
        times /= 4000;
    return share;
}

struct Pair {
    const char* built_in;
    const char* layout;
    const char* attend;
};

}  // namespace

TEST_SUITE("mask/custom") {
    TEST_CASE("each built-in attention can be written as an expression") {
        const std::vector<Pair> pairs{
            {"policy", "obs,act", "k.token<=q.token"},
            {"forward", "rtg,obs,act", "k.token<=q.token"},
            {"contrast", "obs,act", "k.token<=q.token"},
            {"random", "obs,act", "1"},
            {"id", "obs,act,rew", "q.token==q.token"},
            {"inverse", "obs,act",
             "k.token<=q.token && !(q.kind==obs && k.kind==act && k.step==q.step-1)"},
            {"inverse:k=3", "obs,act",
             "k.token<=q.token && !(q.kind==obs && k.kind==act && k.step>=q.step-3)"},
            {"inverse:k=2,isolate=true", "obs,act",
             "q.kind==obs ? k.token==q.token || (k.kind==obs && k.step==q.step-2) : "
             "k.token<=q.token"},
            {"inverse:rm_idx=3", "obs,act",
             "k.token<=q.token && !(q.kind==obs && q.step>0 && k.token<q.token && "
             "k.token>=q.token-3)"},
            {"inverse", "rtg,obs,act",
             "k.token<=q.token && !(q.kind==obs && "
             "((k.kind==act && k.step==q.step-1) || (k.kind==rtg && k.step==q.step)) && q.step>0)"},
            {"inverse", "obs,act,rew",
             "k.token<=q.token && !(q.kind==obs && k.kind!=obs && k.step==q.step-1)"},
        };
        for (const auto& pair : pairs) {
            CAPTURE(pair.built_in);
            CAPTURE(pair.layout);
            const auto built_in = objective_of(pair.built_in, 6, pair.layout);
            const auto custom =
                objective_of(std::string("custom:attend=") + pair.attend, 6, pair.layout);
            CHECK(rows_of(custom) == rows_of(built_in));
        }
    }

    TEST_CASE("read-outs and targets can be written as well") {
        const auto inverse = objective_of("inverse:k=2", 5);
        const auto custom = objective_of(
            "custom:attend=k.token<=q.token && !(q.kind==obs && k.kind==act && k.step>=q.step-2),"
            "predict=q.kind==obs && k.kind==act && q.step==k.step+2,role=inverse_k2",
            5);
        CHECK(custom.readout == inverse.readout);
        CHECK(rows_of(custom) == rows_of(inverse));
        CHECK(custom.target == inverse.target);
        CHECK(custom.role == inverse.role);
        CHECK(find_leaks(custom, 100).empty());
    }

    TEST_CASE("what is hidden: by a condition, a ratio, a drawn step or a drawn number") {
        const auto all = objective_of("custom:hide=k.kind==act", 3);
        CHECK(hidden_share(all) == std::vector<double>{0, 1, 0, 1, 0, 1});
        CHECK(all.role == "infill");
        CHECK(all.target == Target::when_hidden);
        CHECK(all.hidden_asked[1] == doctest::Approx(1));
        const auto some = hidden_share(objective_of("custom:hide=k.kind==act,ratio=0.5", 4));
        for (std::size_t i = 0; i < some.size(); ++i)
            CHECK(some[i] == doctest::Approx(i % 2 == 0 ? 0 : 0.5).epsilon(0.1));
        // As future: all from a drawn step on, which is 1, 2 or 3.
        const auto future = hidden_share(objective_of("custom:hide=k.step>=cut", 4));
        for (std::size_t i = 0; i < future.size(); ++i) {
            const double expected = static_cast<double>(i / 2) / 3;
            CHECK(future[i] == doctest::Approx(expected).epsilon(0.1));
        }
        const auto each = hidden_share(objective_of("custom:hide=u<0.25 && k.step!=last", 3));
        CHECK(each[0] == doctest::Approx(0.25).epsilon(0.15));
        CHECK(each[5] == 0);
    }

    TEST_CASE("a custom objective leaks like any other") {
        CHECK(find_leaks(objective_of("custom:hide=k.kind==act", 4), 8).empty());
        const auto copies = objective_of("custom:predict=k.token==q.token", 2);
        CHECK(find_leaks(copies, 1).size() == 4);
        const auto visible = objective_of(
            "custom:attend=k.token<=q.token,predict=q.kind==obs && k.kind==act && q.step==k.step+1",
            3);
        CHECK(find_leaks(visible, 1).front().text(visible.layout) == "a_0 -> row o_1 (layer 1)");
    }

    TEST_CASE("JSON says the same as expressions, by numbers or by text") {
        const test::TempDir dir;
        const auto path = (dir / "my.json").string();
        std::ofstream(path)
            << R"({"name": "gap", "attend": [[1,0,0,0],[1,1,0,0],[0,0,1,0],[1,1,1,1]],
                                  "hide": [1], "predict": [{"token": 1, "row": 2}], "weight": 0.5})";
        const auto numbers = objective_of("@" + path, 2);
        CHECK(numbers.name == "gap");
        CHECK(numbers.weight == 0.5);
        CHECK(rows_of(numbers) == Rows{{1, 0, 0, 0}, {1, 1, 0, 0}, {0, 0, 1, 0}, {1, 1, 1, 1}});
        CHECK(numbers.readout == std::vector<std::int64_t>{-1, 2, -1, -1});
        CHECK(hidden_share(numbers) == std::vector<double>{0, 1, 0, 0});
        const auto again = objective_of(numbers.spec, 2);
        CHECK(again.name == "gap");
        CHECK(rows_of(again) == rows_of(numbers));
        CHECK(again.readout == numbers.readout);

        const auto text = objective_of(
            R"({"attend": "k.token<=q.token", "hide": "k.kind==act", "ratio": [0.2, 0.4]})", 4);
        const auto spec = objective_of(
            "custom:attend=k.token<=q.token,hide=k.kind==act,"
            "ratio=0.2..0.4",
            4);
        CHECK(rows_of(text) == rows_of(spec));
        CHECK(text.hidden_asked[1] == doctest::Approx(spec.hidden_asked[1]).epsilon(0.1));
    }

    TEST_CASE("mistakes in expressions are pointed at") {
        const auto tail = [](const std::string& spec) {
            const auto text = refused_spec(spec, 3);
            return text.substr(std::min(text.size(), text.find("\": ") + 3));
        };
        CHECK(tail("custom:hide=speed>3") ==
              "column 13: hide is \"speed>3\", expected only names that are known, not speed (see "
              "docs/objectives.md)");
        CHECK(tail("custom:hide=(k.step").find("expected an expression (") != std::string::npos);
        CHECK(tail("custom:attend=log(k.step-1)").find("a number everywhere") != std::string::npos);
        CHECK(tail("custom:attend=u<0.5").find("the same for all samples") != std::string::npos);
        CHECK(tail("custom:predict=k.kind==act").find("a_0 is predicted at o_0 and at a_0") !=
              std::string::npos);
        CHECK(refused_spec("custom:hide=1").find("hides every token") != std::string::npos);
        CHECK(tail("custom:hide=k.kind==act,length=1.5").find("whole steps") != std::string::npos);
        CHECK(tail("custom:when=hidden").find("for nothing is hidden") != std::string::npos);
        CHECK(tail("custom:hide=" + std::string(5000, '1')).find("at most 4096 letters") !=
              std::string::npos);
    }

    TEST_CASE("what chooses among hidden tokens needs some to choose from") {
        for (const char* choice :
             {"ratio=0.5", "length=2", "mask=0.5", "replace=0.5", "grow=false"}) {
            CAPTURE(choice);
            const auto key = std::string(choice).substr(0, std::string(choice).find('='));
            const auto text = refused_spec(std::string("custom:attend=k.token<=q.token,") + choice);
            CHECK(text.find(key + " is \"") != std::string::npos);
            CHECK(text.find("expected hide beside it, for without it nothing is hidden") !=
                  std::string::npos);
        }
        CHECK(refused_spec("{\"hide\": [1], \"ratio\": 0.5}", 2).empty());
    }

    TEST_CASE("a hidden target is not shown for certain, nor known where some are shown") {
        const std::string act = "custom:hide=k.kind==act";
        CHECK(refused_spec(act + ",mask=0").find("else every target shows itself") !=
              std::string::npos);
        CHECK(refused_spec(act + ",mask=0,replace=1").empty());
        CHECK(
            refused_spec(act + ",mask=0.5") ==
            "objective \"custom:hide=k.kind==act,mask=0.5\": column 30: mask is \"0.5\", expected "
            "1 "
            "together with replace: a_0 is asked for in every sample, and would be copied where it "
            "is kept (or hide it less often, e.g. by ratio=0.5)");
        CHECK(refused_spec("{\"hide\": [3], \"mask\": 0.5}", 2).find("a_1 is asked for in every") !=
              std::string::npos);
        // What is drawn may still name the last step in every sample.
        CHECK(refused_spec("custom:hide=k.step>=cut,mask=0.8,replace=0.1", 4)
                  .find("o_3 is asked for in every") != std::string::npos);
        CHECK(refused_spec("custom:hide=u<0.5,mask=0.8,replace=0.1").empty());
        CHECK(refused_spec(act + ",mask=0.5,ratio=0.5").empty());
        CHECK(refused_spec(act + ",mask=0.5,replace=0.5").empty());
        // Targets that are always read are not meant to be hidden from their rows by that.
        CHECK(refused_spec(act + ",mask=0.5,when=always").empty());
    }

    TEST_CASE("what never asks for anything is refused") {
        CHECK(refused_spec("custom:hide=k.kind==act&&k.step>=30", 30) ==
              "objective \"custom:hide=k.kind==act&&k.step>=30\": predicts nothing in any of 256 "
              "samples of 30 steps, expected a target (hide tokens that it predicts, or use a "
              "longer context)");
        CHECK(refused_spec("custom:hide=k.kind==act&&k.step>=30", 31).empty());
        for (const char* spec :
             {"custom:hide=k.kind==act,ratio=0", "custom:hide=u<0", "{\"hide\": []}",
              "custom:hide=k.kind==obs,predict=k.token==q.token&&k.kind==act",
              "custom:hide=k.kind==act,predict=0,when=always"}) {
            CAPTURE(spec);
            CHECK(refused_spec(spec).find("predicts nothing in any") != std::string::npos);
        }
        for (const char* spec : {"custom:hide=k.kind==act&&k.step>=30,when=always",
                                 "{\"hide\": [], \"when\": \"always\"}"}) {
            CAPTURE(spec);
            CHECK(refused_spec(spec).empty());
        }
    }

    TEST_CASE("a role can be a part of the name of a tensor") {
        CHECK(objective_of("custom:role=my-Role_2", 2).role == "my-Role_2");
        for (const char* role : {"a\"b", "a.b", "\xc3\xa9"}) {
            CAPTURE(role);
            CHECK(refused_spec(std::string("custom:role=") + role).find("column 13: role is") !=
                  std::string::npos);
        }
        CHECK(refused_spec(R"({"role": "a\"b"})", 2).find("expected letters, digits, - and _") !=
              std::string::npos);
    }

    TEST_CASE("mistakes in JSON are named") {
        CHECK(
            refused_spec("{\"hide\": [9]}", 2).find("hide holds 9, expected tokens from 0 to 3") !=
            std::string::npos);
        CHECK(refused_spec("{\"attend\": [[1]]}", 2).find("no 4 x 4 matrix") != std::string::npos);
        CHECK(refused_spec("{\"predict\": [3]}", 2).find("expected {\"token\": K, \"row\": Q}") !=
              std::string::npos);
        CHECK(refused_spec("{\"name\": \"a b\"}", 2).find("name is \"ab\"") == std::string::npos);
        CHECK(refused_spec("{\"colour\": 3, \"hide\": [1]}", 2).find("colour is not an argument") !=
              std::string::npos);
        CHECK(refused_spec("{\"hide\": {}}", 2).find("hide is {}, expected text") !=
              std::string::npos);
        CHECK(refused_spec("{", 2).find("is not a JSON object") != std::string::npos);
    }
}

}  // namespace mast::mask
