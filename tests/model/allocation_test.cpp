#include <doctest/doctest.h>

#include "compute/parallel.h"
#include "model/example.h"
#include "model/memory.h"
#include "support/count_allocations.h"

using namespace mast;
using mast::test::allocations;

TEST_SUITE("model/allocation") {
    TEST_CASE("a step allocates nothing once the largest batch has been seen") {
        if (!mast::test::kCountsAllocations) {
            MESSAGE("skipped: this sanitizer lets nobody count");
            return;
        }
        const test::Example example{"obs,act", {"policy", "random:ratio=0.4"}, true, 60, 5};
        const test::Example fewer{"obs,act", {"policy", "random:ratio=0.4"}, true, 17, 5};
        auto made = test::make_batch(example);
        auto made_fewer = test::make_batch(fewer);
        // A role that does not fit into a short string's own room.
        const std::string role = "a role with quite a long name indeed";
        for (auto* batch : {&made, &made_fewer}) {
            for (auto& objective : batch->objectives)
                objective.role = role;
        }
        auto model = test::make_model(example, made);
        const auto step = [&](const mask::Batch& batch) {
            model.zero_gradients();
            model.accumulate_gradient(batch, 0, 1.0);
            model.accumulate_gradient(batch, 1, 0.5);
            compute::DropoutKey dropout;
            dropout.rate = 0.1;
            model.accumulate_gradient(batch, 1, 0.5, model::count_targets(model.config(), batch, 1),
                                      dropout);
            model.loss(batch, 0);
        };
        const int threads_before = compute::threads();
        // One thread: when each of several first needs its working memory is left to chance.
        compute::set_threads(1);
        for (const auto precision : {compute::Precision::f32, compute::Precision::bf16}) {
            model.set_precision(precision);
            step(made.batch);
            const long before = allocations;
            step(made.batch);
            step(made_fewer.batch);
            CHECK(allocations - before == 0);
            CHECK(before > 0);  // the counter itself works
        }
        compute::set_threads(threads_before);
    }

    TEST_CASE("a training takes the memory that was foretold") {
        if (!mast::test::kCountsAllocations) {
            MESSAGE("skipped: this sanitizer lets nobody count");
            return;
        }
        // Each thread keeps some working memory, which is not foretold: one thread, and the network
        // that needs most of it first.
        const int threads_before = compute::threads();
        constexpr auto none = model::Gate::none;
        compute::set_threads(1);
        using Precision = compute::Precision;
        struct Network {
            std::int64_t width;
            model::Gate gate;
            Precision precision;
            std::int64_t observations = 3;
            std::string objective = "policy";
        };
        for (const Network& network_kind :
             {Network{896, none, Precision::f32},  // too large to keep packed weights
              Network{256, model::Gate::gru, Precision::f32}, Network{256, none, Precision::f32},
              Network{256, none, Precision::bf16},
              Network{252, none, Precision::bf16},  // heads of 63 columns
              Network{64, model::Gate::gru, Precision::f32},
              Network{64, model::Gate::gru, Precision::bf16}, Network{64, none, Precision::f32},
              Network{64, none, Precision::f32, 700}, Network{64, none, Precision::bf16, 700},
              Network{64, none, Precision::f32, 3, "forward:target=latent"},
              Network{64, none, Precision::f32, 3, "contrast:delta=2"}}) {
            const auto& width = network_kind.width;
            const auto& gate = network_kind.gate;
            const auto& precision = network_kind.precision;
            const auto& observations = network_kind.observations;
            const auto& objective = network_kind.objective;
            // More rows than pass at once, and fewer.
            for (const std::int64_t samples : {26, 4}) {
                CAPTURE(width);
                CAPTURE(model::name_of(gate));
                CAPTURE(observations);
                CAPTURE(objective);
                CAPTURE(samples);
                test::Example example{"obs,act", {objective}, false, samples, 20};
                example.observations = observations;
                const auto made = test::make_batch(example);
                model::ModelConfig config = test::make_model(example, made).config();
                config.layers = 4;
                config.heads = 4;
                config.width = width;
                config.gate = gate;
                const long before = mast::test::allocated_bytes;
                model::Transformer network(config, precision);
                network.accumulate_gradient(made.batch, 0, 1.0);
                network.loss(made.batch, 0);  // a batch that is not parted
                const auto taken = static_cast<double>(mast::test::allocated_bytes - before);
                // The optimiser keeps two moments more.
                const auto moments =
                    2.0 * sizeof(float) * static_cast<double>(network.table().size());
                CHECK(model::training_bytes(config, precision, samples) ==
                      doctest::Approx(taken + moments).epsilon(0.1));
            }
        }
        compute::set_threads(threads_before);
    }

    TEST_CASE("who does not go back takes no memory for it") {
        if (!mast::test::kCountsAllocations) {
            MESSAGE("skipped: this sanitizer lets nobody count");
            return;
        }
        test::Example example;
        example.width = 64;
        const auto made = test::make_batch(example);
        auto model = test::make_model(example, made);
        model.loss(made.batch, 0);
        const long before = mast::test::allocated_bytes;
        model.loss(made.batch, 0);
        CHECK(mast::test::allocated_bytes == before);
        model.accumulate_gradient(made.batch, 0, 1.0);
        const double copies = static_cast<double>(example.layers) * model.config().block_weights();
        CHECK(static_cast<double>(mast::test::allocated_bytes - before) >= copies * sizeof(float));
    }
}
