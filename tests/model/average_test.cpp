#include "model/average.h"

#include <doctest/doctest.h>

#include "model/example.h"

using namespace mast;

TEST_SUITE("model/average") {
    TEST_CASE("the average starts from the embedding and moves by its rate") {
        const test::Example example{"obs,act", {"contrast", "policy"}};
        const auto made = test::make_batch(example);
        auto model = test::make_model(example, made);
        model::initialise(model.table(), model.config(), 3, model.values());
        const auto of = [&](const char* name) {
            return model.table().of(model.values(), model.table().find(name));
        };
        const auto now = of("embed.obs.weight");
        const auto average = of("average.embed.obs.weight");
        CHECK(test::copy_of(average) == test::copy_of(now));
        const float before = now[2];
        now[2] = before + 1;
        model::move_average(model.table(), model.values(), 0.25);
        CHECK(average[2] == doctest::Approx(static_cast<double>(before) + 0.25));
        CHECK(average[1] == now[1]);
        model::move_average(model.table(), model.values(), 1.0);
        CHECK(average[2] == now[2]);
    }

    TEST_CASE("a network without latent objectives keeps no average") {
        const test::Example example{"obs,act", {"policy"}};
        const auto model = test::make_model(example, test::make_batch(example));
        for (const auto& parameter : model.table().parameters())
            CHECK_FALSE(parameter.name.starts_with("average."));
        CHECK_FALSE(model.config().has_average());
    }

    TEST_CASE("a loss of embeddings costs what a brute-force computation says") {
        const test::Example example{"obs,act", {"contrast:delta=2"}, false, 3, 4};
        const auto made = test::make_batch(example);
        auto model = test::make_model(example, made);
        // All codes equal: each target is one of as many as there are.
        for (const char* name : {"average.embed.obs.weight", "average.embed.obs.bias"}) {
            for (auto& value : model.table().of(model.values(), model.table().find(name)))
                value = 0;
        }
        const auto sums = model.loss(made.batch, 0);
        const auto rows = static_cast<double>(sums.count[0]);
        CHECK(rows > 2);
        CHECK(sums.loss() == doctest::Approx(std::log(rows)));
    }
}
