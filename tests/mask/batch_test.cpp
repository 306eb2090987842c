#include "mask/batch.h"

#include <doctest/doctest.h>

#include "mask/support.h"
#include "support/small_store.h"
#include "support/temp_dir.h"
#include "window/loader.h"

namespace mast::mask {

namespace {

template <class T>
double bytes(const std::vector<T>& values) {
    return static_cast<double>(values.size() * sizeof(T));
}

double bytes_of(const Batch& batch) {
    const auto& windows = batch.windows;
    double sum = bytes(windows.classes) + bytes(windows.valid) + bytes(windows.episode) +
                 bytes(windows.start);
    for (const auto& values : windows.values)
        sum += bytes(values);
    for (const auto& view : batch.views)
        sum += bytes(view.hidden) + bytes(view.predict) + bytes(view.source);
    return sum;
}

}  // namespace

TEST_SUITE("mask/batch") {
    TEST_CASE("a batch takes the bytes that were foretold") {
        for (const bool discrete : {false, true}) {
            const test::TempDir dir;
            test::SmallStore{{9, 4, 7}, discrete, {0.0, 0.0, 0}}.write(dir / "s.h5");
            const store::TrajectoryReader reader(dir / "s.h5");
            const std::vector<Objective> objectives{objective_of("random", 4),
                                                    objective_of("bert", 4)};
            window::Loader loader(reader, store::Split::train, 4,
                                  objectives.front().layout.modalities(), 1);
            Batch batch;
            loader.load(0, 5, batch.windows);
            mask_windows(objectives, {}, batch);
            CHECK(batch_bytes(loader.channels(), objectives, 5) == bytes_of(batch));
        }
    }

    TEST_CASE("a batch that no machine holds is counted all the same") {
        const std::vector<Objective> objectives{objective_of("random", 4)};
        window::Channels channels;
        channels[0] = {17, false};
        const auto one = batch_bytes(channels, objectives, 1);
        CHECK(batch_bytes(channels, objectives, INT64_MAX) ==
              doctest::Approx(one * static_cast<double>(INT64_MAX)));
    }
}

}  // namespace mast::mask
