#include "mask/masked_batches.h"

#include <doctest/doctest.h>

#include <optional>
#include <stdexcept>

#include "mask/support.h"
#include "support/no_more_threads.h"
#include "support/small_store.h"
#include "support/temp_dir.h"

namespace mast::mask {

TEST_SUITE("mask/masked_batches") {
    TEST_CASE("batches made ahead of time are those made one by one, and curricula progress") {
        const test::TempDir dir;
        test::SmallStore{{9, 4, 7}, false, {0.0, 0.0, 0}}.write(dir / "s.h5");
        const store::TrajectoryReader reader(dir / "s.h5");
        const std::vector<Objective> objectives{objective_of("hindsight", 4),
                                                objective_of("random", 4)};
        const auto kinds = objectives.front().layout.modalities();
        constexpr std::int64_t kCount = 9;
        window::Loader one(reader, store::Split::train, 4, kinds, 1);
        window::Loader two(reader, store::Split::train, 4, kinds, 1);
        // Nothing is kept in memory here, so nothing is made ahead.
        window::Loader three(reader, store::Split::train, 4, kinds, 1, {{}, 0});
        MaskedBatches plain(one, objectives, 5, 0, kCount, kCount, 3, false);
        MaskedBatches ahead(two, objectives, 5, 0, kCount, kCount, 3, true);
        MaskedBatches from_file(three, objectives, 5, 0, kCount, kCount, 3, true);
        window::Loader four(reader, store::Split::train, 4, kinds, 1);
        std::optional<MaskedBatches> alone;
        {
            const test::NoMoreThreads none;
            alone.emplace(four, objectives, 5, 0, kCount, kCount, 3, true);
        }
        for (std::int64_t b = 0; b < kCount; ++b) {
            Batch expected;
            window::Loader loader(reader, store::Split::train, 4, kinds, 1);
            loader.load(5 * b, 5, expected.windows);
            mask_windows(objectives,
                         {3, static_cast<std::uint64_t>(5 * b), static_cast<double>(b) / kCount},
                         expected);
            for (auto* source : {&plain, &ahead, &from_file, &*alone}) {
                const auto& batch = source->next();
                CHECK(batch.windows.values[0] == expected.windows.values[0]);
                CHECK(batch.windows.start == expected.windows.start);
                for (std::size_t v = 0; v < 2; ++v) {
                    CHECK(batch.views[v].hidden == expected.views[v].hidden);
                    CHECK(batch.views[v].predict == expected.views[v].predict);
                }
            }
        }
    }

    TEST_CASE("what goes wrong ahead of time comes out with its batch, and not before") {
        const test::TempDir dir;
        test::SmallStore{{9, 4, 7}, false, {0.0, 0.0, 0}}.write(dir / "s.h5");
        const store::TrajectoryReader reader(dir / "s.h5");
        const std::vector<Objective> objectives{objective_of("random", 4)};
        // Windows of another length than the objective's break an invariant.
        window::Loader loader(reader, store::Split::train, 3,
                              objectives.front().layout.modalities(), 1);
        for (const bool ahead : {false, true}) {
            MaskedBatches batches(loader, objectives, 5, 0, 9, 9, 3, ahead);
            CHECK_THROWS_AS(batches.next(), std::logic_error);
        }
    }

    TEST_CASE("batches made ahead may be left unused") {
        const test::TempDir dir;
        test::SmallStore{{9, 4, 7}, false, {0.0, 0.0, 0}}.write(dir / "s.h5");
        const store::TrajectoryReader reader(dir / "s.h5");
        const std::vector<Objective> objectives{objective_of("random", 4)};
        window::Loader loader(reader, store::Split::train, 4,
                              objectives.front().layout.modalities(), 1);
        for (int used = 0; used < 9; ++used) {
            MaskedBatches batches(loader, objectives, 5, 0, 9, 9, 3, true);
            for (int b = 0; b < used; ++b)
                CHECK(batches.next().windows.batch == 5);
        }
    }
}

}  // namespace mast::mask
