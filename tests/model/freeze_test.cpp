#include <doctest/doctest.h>

#include <algorithm>

#include "model/example.h"

using namespace mast;
using test::Example;

namespace {

/// Gradients with some tensors frozen are those without, but 0 for these.
void check_frozen(const Example& example, const std::vector<std::string>& kept) {
    const auto made = test::make_batch(example);
    auto model = test::make_model(example, made);
    const auto all = test::gradients_of(model, made.batch);
    std::vector<std::string> frozen;
    for (const auto& parameter : model.table().parameters()) {
        const auto stays = [&](const auto& prefix) { return parameter.name.starts_with(prefix); };
        if (std::none_of(kept.begin(), kept.end(), stays)) frozen.push_back(parameter.name);
    }
    model.freeze(frozen);
    const auto gradients = test::gradients_of(model, made.batch);
    for (const auto& parameter : model.table().parameters()) {
        CAPTURE(parameter.name);
        const auto is = model.table().of(std::span(gradients), parameter);
        const auto was = model.table().of(std::span(all), parameter);
        if (parameter.trained) {
            CHECK(std::ranges::equal(is, was));
        } else {
            CHECK(std::all_of(is.begin(), is.end(), [](float g) { return g == 0; }));
        }
    }
}

}  // namespace

TEST_SUITE("model/freeze") {
    TEST_CASE("frozen tensors have no gradient, others the same bits as before") {
        Example example;
        example.tokens = "rtg,obs,act";
        example.specs = {"policy", "forward:target=latent"};
        check_frozen(example, {"heads."});
        check_frozen(example, {"heads.", "ln_f."});
        check_frozen(example, {"heads.", "embed.rtg."});
        check_frozen(example, {"blocks.1."});
    }
}
