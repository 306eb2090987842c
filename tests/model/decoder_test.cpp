#include "model/decoder.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "model/example.h"

using namespace mast;
using store::Modality;
using test::Example;

namespace {

/// A window of an episode of `length` steps that ends at step `last`.
std::int64_t window_start(std::int64_t last, std::int64_t context) {
    return std::max<std::int64_t>(0, last - context + 1);
}

/// What predict() says of the action of the last step of a window that is an episode's piece.
std::vector<float> by_window(model::Transformer& model, const Example& example,
                             const mask::Batch& episode, std::int64_t last) {
    const auto objective =
        mask::make_objective("policy", mask::Layout(example.tokens), example.steps);
    const std::vector objectives{objective};
    const auto start = window_start(last, example.steps);
    mask::Batch batch;
    batch.windows.resize(1, example.steps, episode.windows.channels, objective.layout.modalities());
    for (std::int64_t t = 0; t + start <= last; ++t) {
        batch.windows.valid[static_cast<std::size_t>(t)] = 1;
        for (std::size_t m = 0; m < batch.windows.values.size(); ++m) {
            if (batch.windows.values[m].empty()) continue;
            const auto dim = batch.windows.channels[m].dim;
            std::copy_n(episode.windows.values[m].begin() + (start + t) * dim, dim,
                        batch.windows.values[m].begin() + t * dim);
        }
        if (!batch.windows.classes.empty())
            batch.windows.classes[static_cast<std::size_t>(t)] =
                episode.windows.classes[static_cast<std::size_t>(start + t)];
    }
    mask::mask_windows(objectives, {}, batch);
    model::Predictions predictions;
    model.predict(batch, 0, predictions);
    const auto& values = predictions[Modality::act].values;
    const auto dim = batch.windows.channels[store::index_of(Modality::act)].dim;
    return {values.end() - dim, values.end()};
}

void push(model::Decoder& decoder, const mask::Batch& episode, std::int64_t step) {
    const auto m = store::index_of(decoder.next());
    const auto& windows = episode.windows;
    if (windows.channels[m].discrete) {
        decoder.push(windows.classes[static_cast<std::size_t>(step)]);
        return;
    }
    const auto dim = static_cast<std::size_t>(windows.channels[m].dim);
    decoder.push(std::span(windows.values[m]).subspan(static_cast<std::size_t>(step) * dim, dim));
}

/// Steps through an episode longer than the context and compares each action with the window's.
void check_episode(const Example& example, bool read_all) {
    auto whole = example;
    whole.steps = 13;
    whole.batch_size = 1;
    whole.padded = false;
    const auto episode = test::make_batch(whole);
    auto windowed = example;
    windowed.batch_size = 1;
    auto model = test::make_model(windowed, test::make_batch(windowed));
    model::Decoder decoder(model);
    const mask::Layout layout(example.tokens);
    for (int round = 0; round < 2; ++round) {
        decoder.restart();
        for (std::int64_t t = 0; t < whole.steps; ++t) {
            CAPTURE(t);
            do
                push(decoder, episode.batch, t);
            while (decoder.next() != Modality::act);
            if (read_all || t % 4 == 3) {
                const auto expected = by_window(model, example, episode.batch, t);
                std::vector<float> out(expected.size());
                decoder.read(0, out);
                for (std::size_t i = 0; i < out.size(); ++i)
                    CHECK(out[i] ==
                          doctest::Approx(static_cast<double>(expected[i])).epsilon(1e-4));
            }
            do
                push(decoder, episode.batch, t);
            while (decoder.next() != layout.modalities().front());
        }
    }
}

}  // namespace

TEST_SUITE("model/decoder") {
    TEST_CASE("step by step it says what the window says") {
        for (const auto* tokens : {"obs,act", "rtg,obs,act", "obs,act,rew"}) {
            CAPTURE(tokens);
            check_episode({.tokens = tokens, .steps = 5}, true);
            check_episode({.tokens = tokens, .discrete = true, .steps = 5}, true);
        }
        check_episode({.tokens = "obs,act", .steps = 1}, true);
        check_episode({.tokens = "obs,act", .steps = 5, .layers = 1}, true);
    }

    TEST_CASE("gates, too") {
        check_episode({.tokens = "obs,act", .steps = 5, .gate = model::Gate::gru}, true);
        check_episode({.tokens = "rtg,obs,act", .steps = 5, .gate = model::Gate::gru}, false);
    }

    TEST_CASE("steps that nobody asked about are made up for") {
        check_episode({.tokens = "rtg,obs,act", .steps = 5}, false);
        check_episode({.tokens = "rtg,obs,act", .steps = 20}, false);
    }

    TEST_CASE("asking twice gives the same") {
        const Example example{.batch_size = 1};
        const auto made = test::make_batch(example);
        auto model = test::make_model(example, made);
        model::Decoder decoder(model);
        push(decoder, made.batch, 0);
        std::vector<float> once(2);
        std::vector<float> again(2);
        decoder.read(0, once);
        decoder.read(0, again);
        CHECK(once == again);
    }
}
