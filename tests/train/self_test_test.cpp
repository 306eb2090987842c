#include "train/self_test.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "base/error.h"
#include "compute/isa.h"
#include "compute/parallel.h"
#include "support/tiny_model.h"

namespace mast::train {

namespace {

const std::vector<std::string> kSpecs{"policy", "random:ratio=0.3,of=obs"};

model::Transformer drawn() {
    model::Transformer network(test::tiny_config());
    model::initialise(network.table(), network.config(), 5, network.values());
    return network;
}

/// What is said when the network of `drawn()` repeats this self-test; "" if it agrees.
std::string refusal(const std::string& recorded, const std::string& build) {
    auto network = drawn();
    try {
        repeat_self_test(network, recorded, build, "m");
    } catch (const DataError& error) {
        return error.what();
    }
    return "";
}

/// The self-test with a loss that is off by a share.
std::string off_by(double share) {
    auto network = drawn();
    auto json = nlohmann::ordered_json::parse(run_self_test(network, kSpecs, "b", 1));
    auto& loss = json["losses"]["policy"];
    loss = loss.get<double>() * (1 + share);
    return json.dump();
}

}  // namespace

TEST_SUITE("train/self_test") {
    TEST_CASE("a network repeats its self-test for any number of threads") {
        auto network = drawn();
        compute::set_threads(1);
        const auto one = run_self_test(network, kSpecs, "b", 1);
        compute::set_threads(2);
        CHECK(run_self_test(network, kSpecs, "b", 1) == one);
        CHECK(refusal(one, "b").empty());
        const auto losses = nlohmann::json::parse(one)["losses"];
        CHECK(losses.size() == 2);
        CHECK(losses["policy"].get<double>() > 0.1);
    }

    TEST_CASE("a network that trains in bfloat16 is tested in single precision") {
        auto network = drawn();
        const auto single = run_self_test(network, kSpecs, "b", 1);
        network.set_precision(compute::Precision::bf16);
        CHECK(run_self_test(network, kSpecs, "b", 1) == single);
        CHECK(network.precision() == compute::Precision::bf16);
    }

    TEST_CASE("one changed parameter of any tensor is seen") {
        auto network = drawn();
        const auto recorded = run_self_test(network, kSpecs, "b", 1);
        for (const auto& parameter : network.table().parameters()) {
            if (parameter.name == "mask.act") continue;  // neither objective hides an action
            CAPTURE(parameter.name);
            auto& value = network.table().of(network.values(), parameter).back();
            const float whole = value;
            value += 0.125F;
            CHECK_THROWS_AS(repeat_self_test(network, recorded, "b", "m"), DataError);
            value = whole;
        }
        repeat_self_test(network, recorded, "b", "m");
    }

    TEST_CASE("the same machine must agree to the bit, another within 1e-4") {
        CHECK(refusal(off_by(1e-6), "b").find("m: self-test gives a loss of ") == 0);
        CHECK(refusal(off_by(1e-6), "other").empty());
        CHECK(refusal(off_by(9e-5), "other").empty());
        CHECK(refusal(off_by(2e-4), "other").find("within 0.01 %") != std::string::npos);
    }

    TEST_CASE("other vector instructions agree as well as they must") {
        auto network = drawn();
        const auto recorded = run_self_test(network, kSpecs, "b", 1);
        compute::limit_isa(compute::Isa::baseline);
        const auto said = refusal(recorded, "b");
        compute::limit_isa(compute::Isa::amx);
        CHECK(said == "");
    }

    TEST_CASE("what is no self-test is refused, and so is a loss that is not finite") {
        for (const char* text :
             {"", "{}", "[1]", R"({"isa":"avx2","build":"b","losses":{"policy":"x"}})"})
            CHECK(refusal(text, "b").find("m: self-test is not an object") == 0);
        CHECK(refusal(R"({"isa":"avx2","build":"b","losses":{"polcy":1}})", "b")
                  .find("m: self-test cannot be repeated: ") == 0);
        auto network = drawn();
        network.values()[0] = 1e38F;
        network.values()[1] = 1e38F;
        for (auto& value : network.values())
            value *= 1e30F;
        CHECK_THROWS_AS(run_self_test(network, kSpecs, "b", 1), DivergedError);
    }
}

}  // namespace mast::train
