// Rows that are left out change nothing: losses and gradients beside a network that computes all.
#include <doctest/doctest.h>

#include <cmath>
#include <complex>

#include "model/dense.h"
#include "model/example.h"

using namespace mast;
using test::Example;

namespace {

using Complex = std::complex<double>;

/// d loss / d step along `direction` of one parameter, by the complex step.
double slope(test::DenseNetwork<Complex>& network, const mask::Batch& batch,
             const model::Parameter& parameter, const std::vector<double>& direction,
             const compute::DropoutKey& dropout) {
    constexpr double kStep = 1e-30;
    const auto at = [&](std::size_t i) -> Complex& {
        return network.values()[static_cast<std::size_t>(parameter.offset) + i];
    };
    for (std::size_t i = 0; i < direction.size(); ++i)
        at(i) += Complex(0, kStep * direction[i]);
    Complex loss;
    for (std::size_t view = 0; view < batch.views.size(); ++view)
        loss += network.loss(batch, view, dropout);
    for (std::size_t i = 0; i < direction.size(); ++i)
        at(i) = at(i).real();
    return loss.imag() / kStep;
}

/// Losses of every view, and the gradient of their sum in one direction of each parameter. Dropout
/// is for one view.
void compare(const Example& example, const mask::Batch& batch, model::Transformer& model,
             const compute::DropoutKey& dropout = {}) {
    const test::DenseNetwork<double> dense(model.config(), model.table(), model.values());
    for (std::size_t view = 0; view < batch.views.size(); ++view) {
        CAPTURE(example.specs[view]);
        const double expected = dense.loss(batch, view);
        CHECK(model.loss(batch, view).loss() == doctest::Approx(expected).epsilon(1e-5));
        CHECK(expected > 0);
    }
    test::DenseNetwork<Complex> network(model.config(), model.table(), model.values());
    const auto gradients = test::gradients_of(model, batch, dropout);
    for (const auto& parameter : model.table().parameters()) {
        CAPTURE(parameter.name);
        const auto gradient = model.table().of(std::span(gradients), parameter);
        Random random(1, parameter.name, 0);
        std::vector<double> direction(gradient.size());
        double length = 0;
        double slope_of_model = 0;
        for (std::size_t i = 0; i < gradient.size(); ++i) {
            direction[i] = random.normal();
            slope_of_model += direction[i] * static_cast<double>(gradient[i]);
            length += static_cast<double>(gradient[i]) * static_cast<double>(gradient[i]);
        }
        // Gradients are sums of some hundred products in single precision.
        CHECK(slope_of_model ==
              doctest::Approx(slope(network, batch, parameter, direction, dropout))
                  .epsilon(2e-5)
                  .scale(std::sqrt(length) + 1e-3));
    }
}

void compare(const Example& example) {
    CAPTURE(example.tokens);
    const auto made = test::make_batch(example);
    auto model = test::make_model(example, made);
    compare(example, made.batch, model);
}

}  // namespace

TEST_SUITE("model/rows") {
    TEST_CASE("padding is left out") {
        compare({"obs,act", {"random:ratio=0.4"}, false, 5, 5});
        compare({"rtg,obs,act", {"policy", "forward"}, true, 5, 4});
    }

    TEST_CASE("rows that no prediction depends on are left out") {
        // The last layer gives half of its rows.
        compare({"obs,act", {"policy", "forward"}, false, 5, 5});
        // Tokens after the last row that is read; rows that see only some.
        compare({"rtg,obs,act", {"inverse:k=2", "inverse:k=2,isolate=true"}, true, 5, 4});
        // Rows that others are read from, and a chain whose rows become more from layer to layer.
        compare({"obs,act", {"steps:actions=0+1", "id"}, false, 5, 5});
        compare({"obs,act,rew", {"bert:ratio=0.6,mask=0.3,replace=0.4"}, true, 6, 4});
    }

    TEST_CASE("classes that are not valid at a step get no probability and no gradient") {
        Example example{"obs,act", {"policy", "inverse", "random:ratio=0.5"}, true, 6, 5};
        example.masked = true;
        compare(example);
        example.tokens = "rtg,obs,act";
        compare(example);
    }

    TEST_CASE("gates instead of sums") {
        Example example{"obs,act", {"policy", "inverse", "random:ratio=0.5"}, false, 5, 5};
        example.gate = model::Gate::gru;
        compare(example);
        example.tokens = "rtg,obs,act";
        example.discrete = true;
        compare(example);
        example.layers = 3;
        example.encoder_layers = 2;
        compare(example);
    }

    TEST_CASE("hidden tokens join after the encoder") {
        for (const std::int64_t encoder : {1, 2}) {
            CAPTURE(encoder);
            // Ratios at which some samples hide all, and some nothing.
            Example example{"obs,act", {"random:ratio=0..1", "policy"}, false, 12, 4};
            example.layers = 3;
            example.encoder_layers = encoder;
            compare(example);
            example.tokens = "rtg,obs,act";
            example.specs = {"bert:ratio=0.6,mask=0.4,replace=0.3", "inverse:k=2"};
            example.discrete = true;
            compare(example);
        }
    }

    TEST_CASE("dropout of tokens that join late is that of their own") {
        Example example{"obs,act", {"random:ratio=0.6"}, false, 9, 5};
        example.layers = 3;
        example.encoder_layers = 2;
        const auto made = test::make_batch(example);
        auto model = test::make_model(example, made);
        const test::DenseNetwork<double> dense(model.config(), model.table(), model.values());
        compute::DropoutKey key;
        key.rate = 0.3;
        key.seed = 5;
        CHECK(test::dropped_loss(model, made.batch, 0, key) ==
              doctest::Approx(dense.loss(made.batch, 0, key)).epsilon(2e-6));
    }

    TEST_CASE("dropout of a branch comes before its gate") {
        Example example{"obs,act", {"policy"}, false, 9, 5};
        example.gate = model::Gate::gru;
        const auto made = test::make_batch(example);
        auto model = test::make_model(example, made);
        const test::DenseNetwork<double> dense(model.config(), model.table(), model.values());
        compute::DropoutKey key;
        key.rate = 0.3;
        key.seed = 5;
        CHECK(test::dropped_loss(model, made.batch, 0, key) ==
              doctest::Approx(dense.loss(made.batch, 0, key)).epsilon(2e-6));
        compare(example, made.batch, model, key);
    }

    TEST_CASE("many targets at one row") {
        // Every action at the first row, which sees the token after it, which sees the next ...
        // 1,500 targets of 900 rows, so that each part of the batch has more targets than rows pass
        // at once.
        Example example{"obs,act", {"policy"}, true, 300, 5, false};
        auto made = test::make_batch(example);
        auto& objective = made.objectives[0];
        std::fill(objective.attend.begin(), objective.attend.end(), std::uint8_t{0});
        for (std::size_t q = 0; q + 1 < 10; ++q)
            objective.attend[q * 10 + q + 1] = 1;
        for (auto& row : objective.readout)
            row = row == mask::kNoReadout ? row : 0;
        mask::mask_windows(made.objectives, {5, 0, 1.0}, made.batch);
        auto model = test::make_model(example, made);
        compare(example, made.batch, model);
    }

    TEST_CASE("micro-batches of windows of every length") {
        // 500 windows have about 3,000 rows, so that each part of the batch passes in two
        // micro-batches, with as many samples each as their lengths allow.
        compare({"obs,act", {"random:ratio=0.4"}, true, 500, 5});
    }

    TEST_CASE("windows of padding alone cost nothing and hurt nobody") {
        const Example example{"obs,act", {"random:ratio=0.5", "policy"}, false, 4, 5};
        auto made = test::make_batch(example);
        for (const std::int64_t b : {0, 2, 3}) {
            std::fill_n(made.batch.windows.valid.begin() + b * 5, 5, std::uint8_t{0});
        }
        mask::mask_windows(made.objectives, {5, 0, 1.0}, made.batch);
        auto model = test::make_model(example, made);
        compare(example, made.batch, model);
        std::fill(made.batch.windows.valid.begin(), made.batch.windows.valid.end(),
                  std::uint8_t{0});
        mask::mask_windows(made.objectives, {5, 0, 1.0}, made.batch);
        CHECK(model.loss(made.batch, 0).loss() == 0.0);
        const auto gradients = test::gradients_of(model, made.batch);
        CHECK(std::all_of(gradients.begin(), gradients.end(), [](float g) { return g == 0.0F; }));
    }
}
