#include "model/config.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <string>

#include "base/error.h"
#include "mask/catalogue.h"

using namespace mast;
using namespace mast::model;
using nlohmann::json;
using store::Modality;

namespace {

ModelConfig small_config() {
    ModelConfig config;
    config.layout = mask::Layout("rtg,obs,act");
    config.channels[store::index_of(Modality::rtg)] = {1, false};
    config.channels[store::index_of(Modality::obs)] = {3, false};
    config.channels[store::index_of(Modality::act)] = {4, true};
    config.context = 5;
    config.layers = 2;
    config.heads = 2;
    config.width = 8;
    config.outputs = {{"infill", Modality::obs}, {"policy", Modality::act}};
    return config;
}

/// The message with which the changed description is refused; "" if it is not.
template <class Change>
std::string refusal(const Change& change) {
    auto description = json::parse(to_json(small_config()));
    change(description);
    try {
        model_config_from_json(description.dump(), "config.json");
    } catch (const DataError& error) {
        return error.what();
    }
    return "";
}

/// The message of check() for a changed size.
template <class Change>
std::string complaint(const Change& change) {
    auto config = small_config();
    change(config);
    try {
        check(config);
    } catch (const UsageError& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_SUITE("model/config") {
    TEST_CASE("JSON and back") {
        for (const bool constant : {false, true}) {
            auto config = small_config();
            if (constant) config.mask_constant = -1.0F;
            const auto back = model_config_from_json(to_json(config), "here");
            CHECK(back.layout == config.layout);
            CHECK(back.context == 5);
            CHECK(back.layers == 2);
            CHECK(back.heads == 2);
            CHECK(back.width == 8);
            CHECK(back.outputs == config.outputs);
            CHECK(back.mask_constant == config.mask_constant);
            for (const auto modality : config.layout.modalities()) {
                const auto m = store::index_of(modality);
                CHECK(back.channels[m].dim == config.channels[m].dim);
                CHECK(back.channels[m].discrete == config.channels[m].discrete);
            }
        }
    }

    TEST_CASE("the keys of the description") {
        const auto description = json::parse(to_json(small_config()));
        CHECK(description == json::parse(R"({
            "tokens": "rtg,obs,act", "context": 5, "layers": 2, "encoder_layers": 0, "gate": "none",
            "heads": 2,
            "width": 8,
            "channels": {"rtg": {"dim": 1, "discrete": false}, "obs": {"dim": 3, "discrete": false},
                         "act": {"dim": 4, "discrete": true}},
            "outputs": [{"role": "infill", "modality": "obs", "aim": "value"},
                        {"role": "policy", "modality": "act", "aim": "value"}],
            "mask_token": "learned"})"));
    }

    TEST_CASE("a hostile description is refused by name") {
        CHECK(refusal([](json&) {}).empty());
        const auto refused = [](const auto& change) {
            return refusal(change).rfind("config.json: ", 0) == 0;
        };
        CHECK(refused([](json& d) { d = json::array(); }));
        CHECK(refused([](json& d) { d.erase("width"); }));
        CHECK(refused([](json& d) { d["gate"] = "lstm"; }));
        CHECK(refused([](json& d) { d["gate"] = 1; }));
        // Keys that nobody knows cost their own length, not their number squared.
        CHECK(refusal([](json& d) {
                  for (int i = 0; i < 200'000; ++i)
                      d["key " + std::to_string(i)] = i;
              }).empty());
        // Runs of earlier versions have none.
        CHECK(refusal([](json& d) { d.erase("gate"); }).empty());
        CHECK(refused([](json& d) { d["width"] = "8"; }));
        CHECK(refused([](json& d) { d["width"] = -8; }));
        CHECK(refused([](json& d) { d["width"] = 8.5; }));
        CHECK(refused([](json& d) { d["width"] = 1e18; }));
        CHECK(refused([](json& d) { d["width"] = 18446744073709551615U; }));
        CHECK(refused([](json& d) { d["layers"] = 0; }));
        CHECK(refused([](json& d) { d["encoder_layers"] = 2; }));
        CHECK(refused([](json& d) { d["encoder_layers"] = -1; }));
        CHECK(refused([](json& d) { d["heads"] = 3; }));
        CHECK(refused([](json& d) { d["context"] = 1000000000; }));
        CHECK(refused([](json& d) { d["tokens"] = "obs,obs"; }));
        CHECK(refused([](json& d) { d["tokens"] = ""; }));
        CHECK(refused([](json& d) { d["channels"].erase("act"); }));
        CHECK(refused([](json& d) { d["channels"]["obs"]["dim"] = 0; }));
        CHECK(refused([](json& d) { d["channels"]["obs"]["dim"] = 1 << 30; }));
        CHECK(refused([](json& d) { d["channels"]["obs"]["discrete"] = true; }));
        CHECK(refused([](json& d) { d["channels"]["act"]["discrete"] = 1; }));
        CHECK(refused([](json& d) { d["outputs"][0]["modality"] = "video"; }));
        CHECK(refused([](json& d) { d["outputs"][0]["modality"] = "rew"; }));
        CHECK(refused([](json& d) { d["outputs"][0]["role"] = ""; }));
        CHECK(refused([](json& d) { d["outputs"][1] = d["outputs"][0]; }));
        CHECK(refused([](json& d) {
            d["outputs"][1] = d["outputs"][0];
            d["outputs"][1]["aim"] = "latent";
        }));
        CHECK(refused([](json& d) { d["outputs"] = "infill"; }));
        CHECK(refused([](json& d) { d["mask_token"] = 1e300; }));
        CHECK(refused([](json& d) { d["mask_token"] = "none"; }));
        CHECK(refused([](json& d) { d["mask_token"] = nullptr; }));
        CHECK_THROWS_AS(model_config_from_json("{\"tokens\": ", "config.json"), DataError);
        CHECK_THROWS_AS(model_config_from_json(std::string(100000, '['), "config.json"), DataError);
    }

    TEST_CASE("sizes are checked, with a cure") {
        CHECK(complaint([](ModelConfig&) {}).empty());
        CHECK(complaint([](ModelConfig& c) { c.layers = 0; }) ==
              "--layers: 0 is not a size, expected 1 to 1024");
        CHECK(complaint([](ModelConfig& c) { c.width = -1; }) ==
              "--width: -1 is not a size, expected 1 to 65536");
        CHECK(complaint([](ModelConfig& c) { c.context = 0; }) ==
              "--context: 0 is not a size, expected 1 to 65536");
        CHECK(complaint([](ModelConfig& c) { c.heads = 9; }) ==
              "--heads: 9 is not a size, expected 1 to 8");
        CHECK(complaint([](ModelConfig& c) { c.encoder_layers = c.layers; }) ==
              "--layers: 2 of 2 are the encoder's, expected at least one after it (use more "
              "--layers)");
        CHECK(complaint([](ModelConfig& c) {
                  c.width = 256;
                  c.heads = 7;
              }) == "--heads: 7 does not divide the width 256, expected a divisor (try 4)");
    }

    TEST_CASE("heads are shared by objectives that mean the same, in a fixed order") {
        const mask::Layout layout("obs,act");
        const auto infill = mask::make_objective("random:ratio=0.3,of=act", layout, 4);
        const auto steps = mask::make_objective("steps:obs=1", layout, 4);
        const auto inverse = mask::make_objective("inverse", layout, 4);
        const std::vector<Head> expected{{infill.role, Modality::obs},
                                         {infill.role, Modality::act},
                                         {inverse.role, Modality::act}};
        CHECK(outputs_for({infill, steps, inverse}) == expected);
        CHECK(outputs_for({inverse, steps, infill}) == expected);
        CHECK(outputs_for({}).empty());
    }

    TEST_CASE("a head predicts one thing") {
        const mask::Layout layout("obs,act");
        const auto latent = mask::make_objective("forward:target=latent", layout, 4);
        const auto value = mask::make_objective(
            "custom:attend=k.token<=q.token,predict=q.kind==act && k.kind==obs && "
            "k.step==q.step+1,role=" +
                latent.role,
            layout, 4);
        const std::string said =
            "--objective: the head forward_latent.obs is asked for latent and value targets, "
            "expected one kind (give an objective another role=)";
        CHECK_THROWS_WITH_AS(outputs_for({latent, value}), said.c_str(), UsageError);
    }
}
