#include "model/transformer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "compute/parallel.h"
#include "model/example.h"
#include "model/memory.h"

using namespace mast;
using test::Example;

namespace {

/// The windows and masks of samples first .. first + count - 1.
mask::Batch samples_of(const mask::Batch& batch, std::int64_t first, std::int64_t count) {
    mask::Batch part;
    const auto cut = [&](const auto& all) {
        const auto each = static_cast<std::int64_t>(all.size()) / batch.windows.batch;
        return std::decay_t<decltype(all)>(all.begin() + first * each,
                                           all.begin() + (first + count) * each);
    };
    part.windows = batch.windows;
    part.windows.batch = count;
    for (auto& values : part.windows.values)
        values = cut(values);
    part.windows.classes = cut(batch.windows.classes);
    part.windows.may = cut(batch.windows.may);
    part.windows.valid = cut(batch.windows.valid);
    for (const auto& view : batch.views)
        part.views.push_back({view.objective, cut(view.hidden), cut(view.predict), {}});
    return part;
}

double total_loss(model::Transformer& model, const mask::Batch& batch) {
    double total = 0;
    for (std::size_t view = 0; view < batch.views.size(); ++view)
        total += model.loss(batch, view).loss();
    return total;
}

/// The same under dropout, whose masks do not change from call to call.
double total_loss(model::Transformer& model, const mask::Batch& batch,
                  const compute::DropoutKey& dropout) {
    if (!compute::drops(dropout)) return total_loss(model, batch);
    double total = 0;
    for (std::size_t view = 0; view < batch.views.size(); ++view)
        total += test::dropped_loss(model, batch, view, dropout);
    return total;
}

compute::DropoutKey dropout_of(double rate) {
    compute::DropoutKey key;
    key.rate = rate;
    key.seed = 5;
    key.step = 12;
    return key;
}

/// d loss / d step along `direction` of one tensor, by central differences.
double slope(model::Transformer& model, const mask::Batch& batch, std::span<float> values,
             const std::vector<float>& direction, const compute::DropoutKey& dropout) {
    constexpr float kStep = 4e-3F;
    const auto kept = test::copy_of(values);
    const auto loss_at = [&](float step) {
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = kept[i] + step * direction[i];
        return total_loss(model, batch, dropout);
    };
    const double difference = loss_at(kStep) - loss_at(-kStep);
    std::copy(kept.begin(), kept.end(), values.begin());
    return difference / (2 * static_cast<double>(kStep));
}

void check_slopes(const Example& example, const compute::DropoutKey& dropout = {}) {
    const auto made = test::make_batch(example);
    auto model = test::make_model(example, made);
    const auto gradients = test::gradients_of(model, made.batch, dropout);
    double largest = 0;
    for (const auto& parameter : model.table().parameters()) {
        CAPTURE(parameter.name);
        const auto gradient = model.table().of(std::span(gradients), parameter);
        if (parameter.name.starts_with("average.")) {
            // Targets move, but are not trained.
            CHECK(std::all_of(gradient.begin(), gradient.end(), [](float g) { return g == 0; }));
            continue;
        }
        Random random(1, parameter.name, 0);
        std::vector<float> direction(gradient.size());
        double length = 0;
        for (auto& d : direction) {
            d = static_cast<float>(random.normal());
            length += static_cast<double>(d) * static_cast<double>(d);
        }
        double expected = 0;
        for (std::size_t i = 0; i < direction.size(); ++i) {
            direction[i] /= static_cast<float>(std::sqrt(length));
            expected += static_cast<double>(direction[i]) * static_cast<double>(gradient[i]);
        }
        const double measured = slope(
            model, made.batch, model.table().of(model.values(), parameter), direction, dropout);
        CHECK(measured == doctest::Approx(expected).epsilon(1e-2).scale(0.1));
        largest = std::max(largest, std::abs(expected));
    }
    CHECK(largest > 0.1);
}

/// |actual - expected| / |expected|.
double relative_distance(const std::vector<float>& actual, const std::vector<float>& expected) {
    REQUIRE(actual.size() == expected.size());
    double difference = 0;
    double norm = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const auto value = static_cast<double>(expected[i]);
        difference += std::pow(static_cast<double>(actual[i]) - value, 2);
        norm += value * value;
    }
    REQUIRE(norm > 0);
    return std::sqrt(difference / norm);
}

/// How far a gradient of products in bfloat16 is from that in single precision.
double distance_of_bf16(const Example& example, const compute::DropoutKey& dropout = {}) {
    const auto made = test::make_batch(example);
    auto model = test::make_model(example, made);
    model::initialise(model.table(), model.config(), 3, model.values());
    const auto single = test::gradients_of(model, made.batch, dropout);
    model.set_precision(compute::Precision::bf16);
    return relative_distance(test::gradients_of(model, made.batch, dropout), single);
}

/// By how much the prediction of a hidden reward moves when the reward itself does.
///
/// With one target of one column the loss is (p - t)², so two losses give p twice.
double influence_of_target(bool hidden) {
    const Example example{"obs,act,rew", {"random:ratio=0.5,of=rew"}, false, 2, 4, false};
    auto made = test::make_batch(example);
    auto model = test::make_model(example, made);
    constexpr std::int64_t kStep = 2;
    const auto token =
        static_cast<std::size_t>(made.objectives[0].layout.token(kStep, store::Modality::rew));
    auto& view = made.batch.views[0];
    std::fill(view.predict.begin(), view.predict.end(), std::uint8_t{0});
    view.predict[token] = 1;
    view.hidden[token] = hidden ? 1 : 0;
    auto& target = made.batch.windows.values[store::index_of(store::Modality::rew)][kStep];
    const auto error_at = [&](float value) {
        target = value;
        return std::sqrt(model.loss(made.batch, 0).loss());
    };
    // Far below and far above every prediction the signs of the errors are known.
    const double from_below = error_at(-64.0F) - 64;
    const double from_above = 64 - error_at(64.0F);
    return std::abs(from_above - from_below);
}

}  // namespace

TEST_SUITE("model/transformer") {
    TEST_CASE("gradients are the slopes of the loss, tensor by tensor") {
        check_slopes({"obs,act", {"random:ratio=0.4"}});
        check_slopes({"rtg,obs,act", {"policy", "forward"}, true});
        check_slopes({"obs,act,rew", {"inverse", "random:ratio=0.5,of=act"}, false, 6, 4});
        check_slopes({"obs,act", {"bert:ratio=0.6,mask=0.3,replace=0.4"}, true, 6, 4});
        check_slopes({"obs,act", {"forward:target=latent", "contrast:delta=2"}, false, 6, 4});
    }

    TEST_CASE("gradients under dropout are the slopes of the loss under the same masks") {
        check_slopes({"obs,act", {"random:ratio=0.4"}}, dropout_of(0.3));
        check_slopes({"rtg,obs,act", {"policy", "forward"}, true}, dropout_of(0.1));
        check_slopes({"obs,act", {"forward:target=latent", "contrast:delta=2"}, false, 6, 4},
                     dropout_of(0.2));
    }

    TEST_CASE("a gradient in bfloat16 is that of single precision, to its digits") {
        constexpr double kDigits = 0.015;
        Example example{"obs,act", {"policy", "random:ratio=0.4"}, false, 40, 9};
        example.width = 64;
        for (const std::int64_t heads : {1, 2, 4}) {
            CAPTURE(heads);
            example.heads = heads;
            example.gate = model::Gate::none;
            CHECK(distance_of_bf16(example) < kDigits);
            CHECK(distance_of_bf16(example, dropout_of(0.2)) < kDigits);
            example.gate = model::Gate::gru;
            CHECK(distance_of_bf16(example) < kDigits);
        }
        // Heads of 33, 3 and 5 columns stay in single precision themselves; 45 columns are odd.
        example.gate = model::Gate::none;
        for (const auto& sizes : {std::pair(2, 66), std::pair(2, 6), std::pair(9, 45)}) {
            example.heads = sizes.first;
            example.width = sizes.second;
            CAPTURE(example.width);
            CHECK(distance_of_bf16(example) < kDigits);
        }
    }

    TEST_CASE("so it is in a network too large to keep what its products read") {
        Example example{"obs,act", {"policy"}, false, 3, 3};
        example.layers = 1;
        example.heads = 14;
        example.width = 896;
        const auto config = test::make_model(example, test::make_batch(example)).config();
        REQUIRE(!model::keeps_operands(config, compute::Precision::f32));
        REQUIRE(model::keeps_operands(config, compute::Precision::bf16));
        CHECK(distance_of_bf16(example) < 0.015);
        CHECK(distance_of_bf16(example, dropout_of(0.2)) < 0.015);
        example.gate = model::Gate::gru;
        CHECK(distance_of_bf16(example) < 0.015);
    }

    TEST_CASE("gates begin with a bias towards the residual stream") {
        Example example{"obs,act", {"policy"}};
        example.gate = model::Gate::gru;
        const auto made = test::make_batch(example);
        auto model = test::make_model(example, made);
        model::initialise(model.table(), model.config(), 3, model.values());
        const auto& bias = model.table().find("blocks.0.gate1.bias");
        const auto values = model.table().of(std::as_const(model).values(), bias);
        CHECK(std::all_of(values.begin(), values.end(), [](float b) { return b == 2.0F; }));
    }

    TEST_CASE("dropout's masks belong to samples, not to micro-batches or threads") {
        const Example example{"obs,act", {"policy", "random:ratio=0.4"}, true, 130, 5};
        const auto made = test::make_batch(example);
        auto model = test::make_model(example, made);
        auto key = dropout_of(0.3);
        const auto whole = test::gradients_of(model, made.batch, key);
        const int before = compute::threads();
        for (const int threads : {1, 2, 3}) {
            compute::set_threads(threads);
            CHECK(test::gradients_of(model, made.batch, key) == whole);
        }
        compute::set_threads(before);

        model.zero_gradients();
        for (std::size_t view = 0; view < 2; ++view) {
            const auto targets = model::count_targets(model.config(), made.batch, view);
            for (std::int64_t first = 0; first < example.batch_size; first += 13) {
                key.sample = static_cast<std::uint32_t>(first);
                model.accumulate_gradient(samples_of(made.batch, first, 13), view, 1.0, targets,
                                          key);
            }
        }
        CHECK(test::distance(model.gradients(), whole) < 1e-5);
    }

    TEST_CASE("dropout's masks change with the seed, the step and the objective") {
        // The same objective twice.
        const Example example{"obs,act", {"policy"}};
        auto made = test::make_batch(example);
        auto model = test::make_model(example, made);
        made.batch.views.push_back(made.batch.views[0]);
        const auto loss = [&](const compute::DropoutKey& key, std::size_t view = 0) {
            return test::dropped_loss(model, made.batch, view, key);
        };
        const auto key = dropout_of(0.3);
        auto seed = key;
        ++seed.seed;
        auto step = key;
        ++step.step;
        CHECK(loss(key) == loss(key));
        CHECK(loss(seed) != loss(key));
        CHECK(loss(step) != loss(key));
        CHECK(loss(key, 1) != loss(key));
        // Without dropout it is the loss of an evaluation, to the bit.
        CHECK(loss(dropout_of(0)) == model.loss(made.batch, 0).loss());
        CHECK(model.loss(made.batch, 0).loss() == model.loss(made.batch, 1).loss());
    }

    TEST_CASE("a batch costs what its samples cost") {
        // Two micro-batches, the last of them not full.
        const Example example{"obs,act", {"random:ratio=0.4"}, true, 130, 5};
        const auto made = test::make_batch(example);
        auto model = test::make_model(example, made);
        const auto whole = model.loss(made.batch, 0);
        model::LossSums sums;
        for (std::int64_t b = 0; b < example.batch_size; ++b)
            sums += model.loss(samples_of(made.batch, b, 1), 0);
        for (std::size_t m = 0; m < sums.sum.size(); ++m) {
            CHECK(sums.count[m] == whole.count[m]);
            CHECK(sums.sum[m] == doctest::Approx(whole.sum[m]).epsilon(1e-6));
        }
        CHECK(whole.count == model::count_targets(model.config(), made.batch, 0));
    }

    TEST_CASE("gradients of pieces, weighted by their targets, add up to the gradient") {
        const Example example{"obs,act", {"policy"}, false, 130, 5};
        const auto made = test::make_batch(example);
        auto model = test::make_model(example, made);
        const auto whole = test::gradients_of(model, made.batch);
        const auto act = store::index_of(store::Modality::act);
        const auto all =
            static_cast<double>(model::count_targets(model.config(), made.batch, 0)[act]);
        model.zero_gradients();
        for (std::int64_t first = 0; first < example.batch_size; first += 13) {
            const auto part = samples_of(made.batch, first, 13);
            const auto count =
                static_cast<double>(model::count_targets(model.config(), part, 0)[act]);
            model.accumulate_gradient(part, 0, count / all);
        }
        CHECK(test::distance(model.gradients(), whole) < 1e-5);
    }

    TEST_CASE("a gradient is added with its weight") {
        const Example example{"obs,act", {"policy", "random:ratio=0.4"}};
        const auto made = test::make_batch(example);
        auto model = test::make_model(example, made);
        model.zero_gradients();
        model.accumulate_gradient(made.batch, 0, 1.0);
        const auto first = test::copy_of(model.gradients());
        model.accumulate_gradient(made.batch, 0, 0.5);
        std::vector<float> expected(first);
        for (auto& value : expected)
            value *= 1.5F;
        CHECK(test::distance(model.gradients(), expected) < 1e-6);
        model.accumulate_gradient(made.batch, 1, 0.0);
        CHECK(test::distance(model.gradients(), expected) < 1e-6);
        model.accumulate_gradient(made.batch, 1, 1.0);
        CHECK(test::distance(model.gradients(), expected) > 1e-2);
    }

    TEST_CASE("what padding holds does not matter") {
        const Example example{"obs,act", {"random:ratio=0.4", "policy"}, true};
        auto made = test::make_batch(example);
        auto model = test::make_model(example, made);
        const auto loss = total_loss(model, made.batch);
        const auto gradients = test::gradients_of(model, made.batch);
        auto& windows = made.batch.windows;
        std::int64_t padded = 0;
        for (std::size_t row = 0; row < windows.valid.size(); ++row) {
            if (windows.valid[row] != 0) continue;
            ++padded;
            windows.classes[row] = 1;
            auto& obs = windows.values[store::index_of(store::Modality::obs)];
            std::fill_n(obs.begin() + static_cast<std::ptrdiff_t>(3 * row), 3, 1e6F);
        }
        CHECK(padded > 0);
        CHECK(total_loss(model, made.batch) == loss);
        CHECK(test::gradients_of(model, made.batch) == gradients);
    }

    TEST_CASE("a prediction does not depend on its own target") {
        CHECK(influence_of_target(true) < 1e-4);
        CHECK(influence_of_target(false) > 1e-2);
    }

    TEST_CASE("without targets the loss is 0 and so is the gradient") {
        const Example example{"obs,act", {"random:ratio=0.4"}};
        auto made = test::make_batch(example);
        auto model = test::make_model(example, made);
        auto& predict = made.batch.views[0].predict;
        std::fill(predict.begin(), predict.end(), std::uint8_t{0});
        CHECK(model.loss(made.batch, 0).loss() == 0.0);
        const auto gradients = test::gradients_of(model, made.batch);
        CHECK(std::all_of(gradients.begin(), gradients.end(), [](float g) { return g == 0.0F; }));
    }

    TEST_CASE("the bits do not depend on the number of threads") {
        const Example example{"obs,act", {"policy", "random:ratio=0.4"}, false, 130, 5};
        const auto made = test::make_batch(example);
        auto model = test::make_model(example, made);
        const int before = compute::threads();
        for (const auto precision : {compute::Precision::f32, compute::Precision::bf16}) {
            model.set_precision(precision);
            compute::set_threads(1);
            const auto loss = total_loss(model, made.batch);
            const auto gradients = test::gradients_of(model, made.batch);
            for (const int threads : {2, 3, 4, 9}) {
                compute::set_threads(threads);
                CHECK(total_loss(model, made.batch) == loss);
                CHECK(test::gradients_of(model, made.batch) == gradients);
            }
        }
        compute::set_threads(before);
    }

    TEST_CASE("the parts of a batch add up to the batch, with the same masks of dropout") {
        const Example example{"obs,act", {"policy"}, false, 131, 5};
        const auto made = test::make_batch(example);
        auto model = test::make_model(example, made);
        REQUIRE(model::batch_parts(model.config(), 5, 131, false) == 4);
        compute::DropoutKey dropout;
        dropout.rate = 0.1;
        const auto targets = model::count_targets(model.config(), made.batch, 0);
        const auto gradients = [&](const model::BlockDone& done) {
            model.zero_gradients();
            const auto sums = model.accumulate_gradient(made.batch, 0, 1.0, targets, dropout, done);
            const auto all = model.gradients();
            return std::pair(sums.loss(), std::vector<float>(all.begin(), all.end()));
        };
        const auto [loss, parts] = gradients({});
        // Who is told of blocks gets the batch in one.
        const auto [whole_loss, whole] = gradients([](std::int64_t) {});
        CHECK(loss == doctest::Approx(whole_loss).epsilon(1e-12));
        CHECK(relative_distance(parts, whole) < 1e-6);
    }

    TEST_CASE("a step's gradients hold nothing of the last one's") {
        const Example example{"obs,act", {"policy"}, false, 131, 5};
        const auto made = test::make_batch(example);
        auto model = test::make_model(example, made);
        const auto targets = model::count_targets(model.config(), made.batch, 0);
        for (const model::BlockDone& done :
             {model::BlockDone(), model::BlockDone([](std::int64_t) {})}) {
            const auto step = [&] {
                model.zero_gradients();
                model.accumulate_gradient(made.batch, 0, 1.0, targets, {}, done);
                return test::copy_of(model.gradients());
            };
            const auto first = step();
            CHECK(step() == first);
            model.zero_gradients();
            const auto none = model.gradients();
            CHECK(std::all_of(none.begin(), none.end(), [](float g) { return g == 0.0F; }));
            // Once zero, also for whoever adds later.
            model.accumulate_gradient(made.batch, 0, 1.0, targets, {}, done);
            CHECK(test::copy_of(model.gradients()) == first);
        }
        const auto table = model.table();
        std::vector<std::string> blocks;
        for (const auto& parameter : table.parameters()) {
            if (parameter.name.starts_with("blocks.")) blocks.push_back(parameter.name);
        }
        model.freeze(blocks);
        model.zero_gradients();
        model.accumulate_gradient(made.batch, 0, 1.0);
        for (const auto& name : blocks) {
            for (const float g : table.of(model.gradients(), table.find(name)))
                REQUIRE(g == 0.0F);
        }
    }

    TEST_CASE("nor where all tokens are hidden from the encoder") {
        Example example{"obs,act", {"policy", "random:ratio=0.999"}, false, 3, 4, false};
        example.layers = 3;
        example.encoder_layers = 2;
        const auto made = test::make_batch(example);
        auto model = test::make_model(example, made);
        const auto step = [&](std::size_t view) {
            model.zero_gradients();
            model.accumulate_gradient(made.batch, view, 1.0);
            return test::copy_of(model.gradients());
        };
        const auto hidden = step(1);
        const auto& weight = model.table().find("blocks.0.mlp.fc.weight");
        for (const float g : model.table().of(model.gradients(), weight))
            REQUIRE(g == 0.0F);
        step(0);
        CHECK(step(1) == hidden);
    }

    TEST_CASE("windows may be shorter than the context, and of changing length") {
        const Example longest{"obs,act", {"policy"}, false, 4, 5};
        const Example shorter{"obs,act", {"policy"}, false, 9, 3};
        const auto made = test::make_batch(longest);
        const auto made_short = test::make_batch(shorter);
        auto model = test::make_model(longest, made);
        const double first = total_loss(model, made.batch);
        const double second = total_loss(model, made_short.batch);
        CHECK(std::isfinite(second));
        CHECK(total_loss(model, made.batch) == first);
        CHECK(total_loss(model, made_short.batch) == second);
    }

    TEST_CASE("operations of a step") {
        // Two blocks of 12 * 8² weights, 10 tokens: 6 * 1536 * 10 and 12 * 2 * 100 * 8, 3 windows.
        const Example example;
        const auto model = test::make_model(example, test::make_batch(example));
        CHECK(model::training_flops(model.config(), 3) == 3 * (92160 + 19200));
        auto gated = model.config();
        gated.gate = model::Gate::gru;
        CHECK(model::training_flops(gated, 3) == 3 * (2 * 92160 + 19200));
    }
}
