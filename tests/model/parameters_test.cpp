#include "model/parameters.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

using namespace mast;
using namespace mast::model;
using store::Modality;

namespace {

/// obs of 3 columns, act of 4 classes, one block of 8 channels in 2 heads, 5 steps.
ModelConfig small_config() {
    ModelConfig config;
    config.channels[store::index_of(Modality::obs)] = {3, false};
    config.channels[store::index_of(Modality::act)] = {4, true};
    config.context = 5;
    config.layers = 1;
    config.heads = 2;
    config.width = 8;
    config.outputs = {{"infill", Modality::obs}, {"inverse", Modality::act}};
    return config;
}

double deviation(std::span<const float> values) {
    double sum = 0;
    for (const float v : values)
        sum += static_cast<double>(v) * static_cast<double>(v);
    return std::sqrt(sum / static_cast<double>(values.size()));
}

}  // namespace

TEST_SUITE("model/parameters") {
    TEST_CASE("names and shapes are those of model.safetensors") {
        const ParameterTable table(small_config());
        const std::vector<std::pair<std::string, Shape>> expected{
            {"embed.obs.weight", {8, 3}},
            {"embed.obs.bias", {8}},
            {"mask.obs", {8}},
            {"modality.obs", {8}},
            {"embed.act.weight", {4, 8}},
            {"mask.act", {8}},
            {"modality.act", {8}},
            {"position.weight", {5, 8}},
            {"blocks.0.ln1.weight", {8}},
            {"blocks.0.ln1.bias", {8}},
            {"blocks.0.attn.qkv.weight", {24, 8}},
            {"blocks.0.attn.qkv.bias", {24}},
            {"blocks.0.attn.proj.weight", {8, 8}},
            {"blocks.0.attn.proj.bias", {8}},
            {"blocks.0.ln2.weight", {8}},
            {"blocks.0.ln2.bias", {8}},
            {"blocks.0.mlp.fc.weight", {32, 8}},
            {"blocks.0.mlp.fc.bias", {32}},
            {"blocks.0.mlp.proj.weight", {8, 32}},
            {"blocks.0.mlp.proj.bias", {8}},
            {"ln_f.weight", {8}},
            {"ln_f.bias", {8}},
            {"heads.infill.obs.weight", {3, 8}},
            {"heads.infill.obs.bias", {3}},
            {"heads.inverse.act.weight", {4, 8}},
            {"heads.inverse.act.bias", {4}},
        };
        REQUIRE(table.parameters().size() == expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            CHECK(table.parameters()[i].name == expected[i].first);
            CHECK(table.parameters()[i].shape == expected[i].second);
        }
        // embed 24+8, 32; mask 16; modality 16; position 40; block 12*64+13*8; ln_f 16; heads 27+36
        CHECK(table.count() == 32 + 32 + 16 + 16 + 40 + 872 + 16 + 63);
    }

    TEST_CASE("a constant needs no mask vectors") {
        auto config = small_config();
        config.mask_constant = -1.0F;
        const ParameterTable table(config);
        CHECK(table.parameters().size() == 24);
        CHECK_THROWS_AS(table.find("mask.obs"), std::logic_error);
    }

    TEST_CASE("tensors lie apart, on boundaries of 64 bytes") {
        const ParameterTable table(small_config());
        std::int64_t end = 0;
        for (const auto& parameter : table.parameters()) {
            CHECK(parameter.offset % 16 == 0);
            CHECK(parameter.offset >= end);
            end = parameter.offset + element_count(parameter.shape);
        }
        CHECK(table.size() >= end);
    }

    TEST_CASE("weight decay applies to the matrices of linear layers") {
        const ParameterTable table(small_config());
        for (const auto& parameter : table.parameters()) {
            CAPTURE(parameter.name);
            const bool table_of_rows =
                parameter.name == "position.weight" || parameter.name == "embed.act.weight";
            CHECK(parameter.decays == (parameter.shape.size() == 2 && !table_of_rows));
        }
    }

    TEST_CASE("initial values") {
        auto config = small_config();
        config.width = 128;
        config.layers = 8;
        const ParameterTable table(config);
        std::vector<float> values(static_cast<std::size_t>(table.size()));
        initialise(table, config, 1, values);
        const auto of = [&](const char* name) {
            return table.of(std::span<const float>(values), table.find(name));
        };
        const auto all = [](std::span<const float> span, float value) {
            return std::all_of(span.begin(), span.end(), [=](float v) { return v == value; });
        };
        CHECK(all(of("blocks.3.ln1.weight"), 1.0F));
        CHECK(all(of("ln_f.weight"), 1.0F));
        CHECK(all(of("blocks.3.ln2.bias"), 0.0F));
        CHECK(all(of("blocks.3.attn.qkv.bias"), 0.0F));
        // 1 / sqrt(3 K) for K inputs; a quarter of it before a sum over 2 * 8 branches.
        CHECK(deviation(of("blocks.3.attn.qkv.weight")) == doctest::Approx(0.05103).epsilon(0.02));
        CHECK(deviation(of("blocks.3.mlp.fc.weight")) == doctest::Approx(0.05103).epsilon(0.02));
        CHECK(deviation(of("blocks.3.mlp.proj.weight")) == doctest::Approx(0.006379).epsilon(0.02));
        CHECK(deviation(of("blocks.3.attn.proj.weight")) ==
              doctest::Approx(0.012758).epsilon(0.02));
        CHECK(deviation(of("position.weight")) == doctest::Approx(0.02).epsilon(0.1));
        CHECK(deviation(of("mask.obs")) > 0.01);
    }

    TEST_CASE("a tensor starts the same whatever else there is, and differs by seed and name") {
        auto config = small_config();
        const ParameterTable table(config);
        config.layers = 3;
        config.outputs.clear();
        const ParameterTable other(config);
        const auto draw = [&](const ParameterTable& in, std::uint64_t seed, const char* name) {
            std::vector<float> values(static_cast<std::size_t>(in.size()));
            initialise(in, config, seed, values);
            const auto span = in.of(std::span<const float>(values), in.find(name));
            return std::vector<float>(span.begin(), span.end());
        };
        const char* const query = "blocks.0.attn.qkv.weight";
        CHECK(draw(table, 1, query) == draw(other, 1, query));
        CHECK(draw(table, 1, query) != draw(table, 2, query));
        CHECK(draw(other, 1, query) != draw(other, 1, "blocks.1.attn.qkv.weight"));
    }
}
