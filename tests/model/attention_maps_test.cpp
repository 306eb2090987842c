#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "model/dense.h"
#include "model/example.h"

using namespace mast;
using test::Example;

namespace {

/// Of every sample; returns how many rows are computed.
std::int64_t check_maps(const Example& example,
                        compute::Precision precision = compute::Precision::f32) {
    const auto made = test::make_batch(example);
    auto model = test::make_model(example, made);
    model.set_precision(precision);
    const bool is_exact = precision == compute::Precision::f32;
    const test::DenseNetwork<double> dense(model.config(), model.table(), model.values());
    std::int64_t computed = 0;
    for (std::int64_t b = 0; b < example.batch_size; ++b) {
        const auto maps = model.attention(made.batch, 0, b);
        const auto expected = dense.attention(made.batch, 0, b);
        REQUIRE(maps.tokens == made.objectives.front().tokens());
        REQUIRE(maps.layers == example.layers);
        REQUIRE(maps.values.size() == expected.size());
        const auto n = static_cast<std::size_t>(maps.tokens);
        for (std::size_t row = 0; row < expected.size() / n; ++row) {
            const auto* const shares = maps.values.data() + row * n;
            if (shares[0] < 0) {
                CHECK(std::all_of(shares, shares + n, [](float share) { return share == -1.0F; }));
                continue;
            }
            ++computed;
            for (std::size_t k = 0; k < n; ++k) {
                const double difference =
                    std::abs(static_cast<double>(shares[k]) - expected[row * n + k]);
                CHECK(difference <= (is_exact ? 1e-5 : 0.01) * (1 + expected[row * n + k]));
            }
        }
    }
    return computed;
}

}  // namespace

TEST_SUITE("model/transformer") {
    TEST_CASE("attention is that of a network that computes every row") {
        const auto policy = check_maps({"obs,act", {"policy"}});
        CHECK(policy > 0);
        CHECK(check_maps({"obs,act", {"policy"}}, compute::Precision::bf16) == policy);
        CHECK(check_maps({"rtg,obs,act", {"random:ratio=0.5"}}) > 0);
        CHECK(check_maps({"obs,act", {"inverse"}, true}) > 0);
        Example encoder{"obs,act", {"random:ratio=0.5"}};
        encoder.layers = 4;
        encoder.encoder_layers = 2;
        CHECK(check_maps(encoder) > 0);
    }

    TEST_CASE("to look at attention changes nothing") {
        const Example example;
        const auto made = test::make_batch(example);
        auto model = test::make_model(example, made);
        const auto before = model.loss(made.batch, 0).loss();
        model.attention(made.batch, 0, 1);
        CHECK(model.loss(made.batch, 0).loss() == before);
    }
}
