#include <doctest/doctest.h>

#include "compute/parallel.h"
#include "model/example.h"
#include "support/count_allocations.h"

using namespace mast;
using mast::test::allocations;

TEST_SUITE("model/allocation") {
    TEST_CASE("a step allocates nothing once the largest batch has been seen") {
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
            model.loss(batch, 0);
        };
        const int threads_before = compute::threads();
        compute::set_threads(2);
        step(made.batch);
        const long before = allocations;
        step(made.batch);
        step(made_fewer.batch);
        CHECK(allocations - before == 0);
        CHECK(before > 0);  // the counter itself works
        compute::set_threads(threads_before);
    }
}
