#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "base/error.h"
#include "model/example.h"

using namespace mast;
using test::Example;

namespace {

/// One network for both examples, which differ in their channels.
model::Transformer joint_network(const Example& a, const test::ExampleBatch& made,
                                 const Example& b) {
    auto config = test::make_model(a, made).config();
    config.domains = {{"a", test::channels_of(a)}, {"b", test::channels_of(b)}};
    model::Transformer joint(config.in_domain(0));
    model::initialise(joint.table(), joint.config(), 9, joint.values());
    return joint;
}

/// "embed.b.obs.weight" becomes "embed.obs.weight".
std::string without_domain(std::string name, const std::string& domain) {
    for (const auto* group : {"embed.", "heads."}) {
        const auto start = group + domain + ".";
        if (name.starts_with(start)) name = group + name.substr(start.size());
    }
    return name;
}

bool is_of(const std::string& name, const std::string& domain) {
    return name.starts_with("embed." + domain + ".") || name.starts_with("heads." + domain + ".");
}

/// Loss and gradients through a domain are those of a network that has nothing else.
void check_domain(model::Transformer& joint, std::size_t number, const Example& example) {
    const auto made = test::make_batch(example);
    auto alone = test::make_model(example, made);
    joint.use_domain(number);
    const auto domain = joint.config().domain;
    const auto other = domain == "a" ? "b" : "a";
    for (const auto& parameter : joint.table().parameters()) {
        if (is_of(parameter.name, other)) continue;
        const auto& same = alone.table().find(without_domain(parameter.name, domain));
        const auto from = joint.table().of(joint.values(), parameter);
        std::copy(from.begin(), from.end(), alone.table().of(alone.values(), same).begin());
    }
    joint.zero_gradients();
    alone.zero_gradients();
    const auto sums = joint.accumulate_gradient(made.batch, 0, 1.0);
    const auto expected = alone.accumulate_gradient(made.batch, 0, 1.0);
    CHECK(sums.loss() == expected.loss());
    for (const auto& parameter : joint.table().parameters()) {
        CAPTURE(parameter.name);
        const auto gradient = joint.table().of(joint.gradients(), parameter);
        if (is_of(parameter.name, other)) {
            CHECK(std::all_of(gradient.begin(), gradient.end(), [](float g) { return g == 0; }));
            continue;
        }
        const auto& same = alone.table().find(without_domain(parameter.name, domain));
        CHECK(std::ranges::equal(gradient, alone.table().of(alone.gradients(), same)));
    }
}

}  // namespace

TEST_SUITE("model/domains") {
    TEST_CASE("a domain is computed as if the others were not there") {
        const Example values{.specs = {"policy"}};
        const Example classes{.specs = {"policy"}, .discrete = true};
        auto joint = joint_network(values, test::make_batch(values), classes);
        check_domain(joint, 0, values);
        check_domain(joint, 1, classes);
        check_domain(joint, 0, values);
    }

    TEST_CASE("a configuration with domains reads back, and one with bad names is refused") {
        const Example example;
        auto config = test::make_model(example, test::make_batch(example)).config();
        config.domains = {{"a", config.channels}, {"b", config.channels}};
        const auto text = model::to_json(config.in_domain(1));
        const auto read = model::model_config_from_json(text, "config.json");
        CHECK(read.domain == "a");
        CHECK(model::to_json(read) == text);
        for (const auto* name : {"", "a", "x.y", "x/y"}) {
            config.domains[1].name = name;
            CHECK_THROWS_AS(model::model_config_from_json(model::to_json(config), "config.json"),
                            DataError);
        }
    }
}
