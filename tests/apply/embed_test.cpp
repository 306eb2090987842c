#include "apply/embed.h"

#include <doctest/doctest.h>

#include <string>

#include "apply/run.h"
#include "mask/representation.h"
#include "store/h5.h"
#include "support/small_store.h"
#include "support/temp_dir.h"

namespace mast::apply {

using store::Modality;

namespace {

/// Representations of the steps of one window, seen alone.
std::vector<float> alone(model::Transformer& network, window::Loader& loader,
                         const mask::Objective& objective, std::int64_t number) {
    const std::vector readers{mask::representation(objective)};
    mask::Batch batch;
    loader.load_in_order(number, 1, batch.windows);
    mask::mask_windows(readers, {}, batch);
    model::Predictions rows;
    network.represent(batch, 0, rows);
    return rows[Modality::obs].values;
}

}  // namespace

TEST_SUITE("apply/embed") {
    TEST_CASE("row i is step i of the store, seen with half a window of its past") {
        const test::TempDir dir;
        const std::vector<std::int64_t> lengths{3, 11, 6, 8};
        test::SmallStore{lengths, false, {0.3, 0.0, 1}}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const std::vector objectives{mask::make_objective("policy", mask::Layout("obs,act"), 6)};
        auto network = test::random_network(objectives, false);
        const auto layout = objectives.front().layout.modalities();
        window::Loader loader(store, {}, 6, layout, 0, {window::Scaler(store)});
        embed(network, store, loader, objectives.front(), {}, dir / "e.h5",
              store::Overwrite::refuse, {});

        const auto file = store::h5::File::open(dir / "e.h5");
        const auto dataset = file.root().dataset("embedding");
        REQUIRE(dataset.shape() == Shape{28, 16});
        std::vector<float> all(28 * 16);
        dataset.read(0, 28, all.data());
        std::int64_t number = 0;
        std::size_t row = 0;
        for (const auto length : lengths) {
            const auto windows = std::max<std::int64_t>(1, length - 6 + 1);
            for (std::int64_t t = 0; t < length; ++t, ++row) {
                // Windows begin at 0, 3, 6 ... and at the end; of each but the first, three steps
                // are left to the one before.
                std::int64_t start = 0;
                for (std::int64_t s = 0; s < windows; ++s) {
                    if ((s % 3 == 0 || s + 1 == windows) && t >= s + 3) start = s;
                }
                const auto rows = alone(network, loader, objectives.front(), number + start);
                for (std::size_t c = 0; c < 16; ++c) {
                    const auto expected = rows[static_cast<std::size_t>(t - start) * 16 + c];
                    CHECK(all[row * 16 + c] ==
                          doctest::Approx(static_cast<double>(expected)).epsilon(1e-5));
                }
            }
            number += windows;
        }
    }

    TEST_CASE("causal attention knows no later step, full attention does") {
        const mask::Layout layout("obs,act");
        CHECK_FALSE(mask::looks_ahead(mask::make_objective("policy", layout, 4)));
        CHECK_FALSE(mask::looks_ahead(mask::make_objective("inverse", layout, 4)));
        CHECK(mask::looks_ahead(mask::make_objective("random", layout, 4)));
        CHECK_FALSE(mask::looks_ahead(mask::make_objective("random", layout, 1)));
    }

    TEST_CASE("nothing is hidden, and each observation is read") {
        const auto objective = mask::make_objective("random:ratio=0.9", mask::Layout("obs,act"), 3);
        const std::vector readers{mask::representation(objective)};
        std::vector<std::uint8_t> hidden(6);
        std::vector<std::uint8_t> predict(6);
        mask::draw(readers.front(), {}, std::vector<std::uint8_t>{1, 1, 0}, hidden, predict);
        CHECK(hidden == std::vector<std::uint8_t>(6, 0));
        CHECK(predict == std::vector<std::uint8_t>{1, 0, 1, 0, 0, 0});
    }
}

}  // namespace mast::apply
