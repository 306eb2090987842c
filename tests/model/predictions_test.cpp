#include "model/predictions.h"

#include <doctest/doctest.h>

#include <cmath>

#include "model/example.h"

using namespace mast;
using test::Example;

namespace {

const mask::MaskedView& view_of(const mask::Batch& batch) {
    return batch.views.front();
}

/// Squared error, or nats, of one prediction.
double error(const mask::Batch& batch, store::Modality modality, std::int64_t row,
             std::span<const float> values) {
    const auto& channel = batch.windows.channels[store::index_of(modality)];
    double total = 0;
    if (channel.discrete) {
        for (const float logit : values)
            total += std::exp(static_cast<double>(logit));
        const auto number = batch.windows.classes[static_cast<std::size_t>(row)];
        return std::log(total) - static_cast<double>(values[static_cast<std::size_t>(number)]);
    }
    const auto& all = batch.windows.values[store::index_of(modality)];
    for (std::size_t d = 0; d < values.size(); ++d) {
        const auto target = all[static_cast<std::size_t>(row) * values.size() + d];
        total += std::pow(static_cast<double>(values[d]) - static_cast<double>(target), 2);
    }
    return total;
}

void check_predictions(const Example& example) {
    const auto made = test::make_batch(example);
    auto model = test::make_model(example, made);
    const auto sums = model.loss(made.batch, 0);
    model::Predictions predictions;
    model.predict(made.batch, 0, predictions);
    const auto& layout = made.objectives.front().layout;
    std::int64_t targets = 0;
    for (const auto modality : layout.modalities()) {
        const auto& part = predictions[modality];
        const auto columns = made.batch.windows.channels[store::index_of(modality)].dim;
        REQUIRE(static_cast<std::int64_t>(part.values.size()) == part.count() * columns);
        double total = 0;
        for (std::int64_t i = 0; i < part.count(); ++i) {
            const auto sample = part.sample[static_cast<std::size_t>(i)];
            const auto step = part.step[static_cast<std::size_t>(i)];
            const auto token = sample * layout.tokens(example.steps) + layout.token(step, modality);
            CHECK(view_of(made.batch).predict[static_cast<std::size_t>(token)] == 1);
            total += error(made.batch, modality, sample * example.steps + step,
                           std::span(part.values)
                               .subspan(static_cast<std::size_t>(i * columns),
                                        static_cast<std::size_t>(columns)));
        }
        CHECK(total == doctest::Approx(sums.sum[store::index_of(modality)]).epsilon(1e-5));
        targets += part.count();
    }
    const auto& predict = view_of(made.batch).predict;
    CHECK(targets == std::count(predict.begin(), predict.end(), 1));
}

}  // namespace

TEST_SUITE("model/predictions") {
    TEST_CASE("the error of all predictions is the loss") {
        for (const bool discrete : {false, true}) {
            CAPTURE(discrete);
            check_predictions({"obs,act", {"policy"}, discrete});
            check_predictions({"obs,act", {"forward"}, discrete});
            check_predictions({"rtg,obs,act", {"random:ratio=0.6"}, discrete});
        }
    }

    TEST_CASE("predictions overwrite those of before") {
        const Example example;
        const auto made = test::make_batch(example);
        auto model = test::make_model(example, made);
        model::Predictions once;
        model::Predictions twice;
        model.predict(made.batch, 0, once);
        model.predict(made.batch, 0, twice);
        model.predict(made.batch, 0, twice);
        CHECK(once[store::Modality::act].values == twice[store::Modality::act].values);
        CHECK(once[store::Modality::act].step == twice[store::Modality::act].step);
    }

    TEST_CASE("rows after the last norm times the head are its predictions") {
        const Example example;
        const auto made = test::make_batch(example);
        auto model = test::make_model(example, made);
        model::Predictions outputs;
        model::Predictions rows;
        model.predict(made.batch, 0, outputs);
        model.represent(made.batch, 0, rows);
        const auto& table = model.table();
        const auto weight = table.of(model.values(), table.find("heads.policy.act.weight"));
        const auto bias = table.of(model.values(), table.find("heads.policy.act.bias"));
        const auto width = static_cast<std::size_t>(model.config().width);
        const auto& out = outputs[store::Modality::act].values;
        const auto& in = rows[store::Modality::act].values;
        REQUIRE(in.size() / width == out.size() / bias.size());
        for (std::size_t i = 0; i < out.size(); ++i) {
            const auto row = i / bias.size();
            const auto column = i % bias.size();
            double sum = static_cast<double>(bias[column]);
            for (std::size_t c = 0; c < width; ++c)
                sum += static_cast<double>(in[row * width + c]) *
                       static_cast<double>(weight[column * width + c]);
            CHECK(static_cast<double>(out[i]) == doctest::Approx(sum).epsilon(1e-5));
        }
    }
}
