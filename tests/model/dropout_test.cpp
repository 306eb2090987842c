// The network under dropout beside plain loops in double precision: masks where they belong.
#include <doctest/doctest.h>

#include "model/dense.h"
#include "model/example.h"

using namespace mast;
using compute::DropoutKey;

TEST_SUITE("model/dropout") {
    TEST_CASE("embedding, probabilities and branches are dropped, each by a mask of its own") {
        const test::Example example{"obs,act", {"policy"}, false, 30, 5};
        const auto made = test::make_batch(example);
        auto model = test::make_model(example, made);
        DropoutKey key;
        key.seed = 3;
        key.sample = 100;
        const test::DenseNetwork<double> dense(model.config(), model.table(), model.values());
        for (const double rate : {0.0, 0.1, 0.5}) {
            for (std::uint64_t step = 1; step < 4; ++step) {
                CAPTURE(rate);
                key.rate = rate;
                key.step = step;
                CHECK(test::dropped_loss(model, made.batch, 0, key) ==
                      doctest::Approx(dense.loss(made.batch, 0, key)).epsilon(2e-6));
            }
        }
    }
}
