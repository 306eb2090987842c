#include "model/preset.h"

#include <doctest/doctest.h>

#include <string>

#include "base/error.h"
#include "model/config.h"

using namespace mast;
using namespace mast::model;

namespace {

std::string refusal(const std::string& name) {
    try {
        find_preset(name);
    } catch (const UsageError& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_SUITE("model/preset") {
    TEST_CASE("the peers' sizes") {
        const Preset smart = find_preset("smart");
        CHECK(smart.layers == 8);
        CHECK(smart.heads == 8);
        CHECK(smart.width == 256);
        CHECK(smart.context == 30);
        CHECK(find_preset("dt").width == 128);
        CHECK(find_preset("mtm").width == 512);
    }

    TEST_CASE("every preset is a valid network") {
        for (const auto& preset : presets()) {
            CAPTURE(preset.name);
            ModelConfig config;
            config.layers = preset.layers;
            config.heads = preset.heads;
            config.width = preset.width;
            config.context = preset.context;
            CHECK_NOTHROW(check(config));
        }
    }

    TEST_CASE("an unknown name is answered with the nearest") {
        CHECK(refusal("smrt").find("smart") != std::string::npos);
        CHECK(refusal("smrt").find("did you mean") != std::string::npos);
        CHECK(!refusal("").empty());
    }
}
