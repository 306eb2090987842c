#include "window/loader.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <utility>

#include "base/error.h"
#include "support/small_store.h"
#include "support/temp_dir.h"

namespace mast::window {

using store::Modality;
using test::SmallStore;

namespace {

constexpr std::array kBoth{Modality::obs, Modality::act};

/// Every value of a window, taken back to the store's units, is what the store was given.
void check_window(const Windows& windows, std::size_t b, const Scaler& scaler,
                  const std::vector<std::int64_t>& lengths) {
    const auto steps = static_cast<std::size_t>(windows.steps);
    const auto episode = windows.episode[b];
    std::vector<float> obs(
        windows.values[0].begin() + static_cast<std::ptrdiff_t>(b * steps * 2),
        windows.values[0].begin() + static_cast<std::ptrdiff_t>((b + 1) * steps * 2));
    const auto standardised = obs;
    scaler.restore(Modality::obs, obs);
    for (std::size_t t = 0; t < steps; ++t) {
        CAPTURE(t);
        const auto step = windows.start[b] + static_cast<std::int64_t>(t);
        const bool valid = step < lengths[static_cast<std::size_t>(episode)];
        CHECK((windows.valid[b * steps + t] != 0) == valid);
        for (int column = 0; column < 2; ++column) {
            const auto place = t * 2 + static_cast<std::size_t>(column);
            if (valid) {
                const auto expected = static_cast<double>(SmallStore::obs(episode, step, column));
                CHECK(obs[place] == doctest::Approx(expected).epsilon(1e-5));
            } else {
                CHECK(standardised[place] == 0);
            }
        }
        if (windows.channels[1].discrete) {
            CHECK(windows.classes[b * steps + t] ==
                  (valid ? SmallStore::act_class(episode, step) : 0));
        }
        for (std::int32_t k = 0; windows.channels[1].masked && k < 3; ++k) {
            const auto place = (b * steps + t) * 3 + static_cast<std::size_t>(k);
            CHECK(windows.may[place] == (valid ? SmallStore::may(episode, step, k) : 0));
        }
    }
}

}  // namespace

TEST_SUITE("window/loader") {
    TEST_CASE("windows hold the store's values, padded on the right with zeros") {
        const std::vector<std::int64_t> lengths{7, 3, 5, 9};
        for (const auto& [discrete, masked] :
             {std::pair(false, false), std::pair(true, false), std::pair(true, true)}) {
            const test::TempDir dir;
            SmallStore{lengths, discrete, {0.0, 0.0, 0}, masked}.write(dir / "s.h5");
            const store::TrajectoryReader store(dir / "s.h5");
            // From memory, and from the file.
            for (const std::int64_t keep : {LoaderOptions{}.keep_bytes, std::int64_t{0}}) {
                Loader loader(store, store::Split::train, 4, kBoth, 0, {{}, keep});
                CHECK(loader.count() == 4 + 1 + 2 + 6);
                CHECK(loader.channels()[1].dim == (discrete ? 3 : 1));
                CHECK(loader.channels()[1].discrete == discrete);
                CHECK(loader.channels()[2].dim == 0);
                Windows windows;
                loader.load_in_order(0, loader.count(), windows);
                REQUIRE(windows.batch == loader.count());
                for (std::size_t b = 0; b < 13; ++b) {
                    CAPTURE(b);
                    check_window(windows, b, loader.scaler(), lengths);
                }
                CHECK(windows.values[1].empty() == discrete);
                CHECK(windows.may.size() == (masked ? windows.classes.size() * 3 : 0));
            }
        }
    }

    TEST_CASE("memory and file give the same bits") {
        const test::TempDir dir;
        SmallStore{{20, 11, 2, 17, 30}, false, {0.4, 0.0, 3}}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        constexpr std::array kAll{Modality::rtg, Modality::obs, Modality::act, Modality::rew};
        for (const auto split : {store::Split::train, store::Split::val}) {
            Loader memory(store, split, 5, kAll, 9);
            Loader file(store, split, 5, kAll, 9, {{}, 0});
            Windows a;
            Windows b;
            memory.load(3, 40, a);
            file.load(3, 40, b);
            CHECK(a.values == b.values);
            CHECK(a.valid == b.valid);
            CHECK(a.episode == b.episode);
            CHECK(a.start == b.start);
        }
    }

    TEST_CASE("a value that is not finite is named, from memory and from the file") {
        const test::TempDir dir;
        store::TrajectorySpec spec;
        spec.obs_dim = 1;
        spec.act_dim = 1;
        spec.components = {{"observations", 0, 1}};
        store::TrajectoryWriter writer(dir / "s.h5", store::Overwrite::refuse, spec, {});
        const std::vector<float> good{1, 2, 3};
        std::vector<float> bad{1, 2, std::numeric_limits<float>::infinity()};
        store::StepBlock block{3, bad, good, {}, good};
        writer.append(block);
        writer.end_episode(store::End::terminated, {});
        writer.append({3, good, good, {}, good});
        writer.end_episode(store::End::terminated, {});
        // The statistics are those of the other episode.
        writer.finish({0.5, 0.0, 0});
        const store::TrajectoryReader store(dir / "s.h5");
        const auto split = store.episodes()[0].split;
        REQUIRE(split == store::Split::val);
        CHECK_THROWS_AS(Loader(store, split, 2, kBoth, 0), DataError);
        Loader loader(store, split, 2, kBoth, 0, {{}, 0});
        Windows windows;
        CHECK_THROWS_WITH_AS(loader.load_in_order(1, 1, windows),
                             ((dir / "s.h5").string() +
                              ": /obs row 2 column 0 is inf, expected a finite number (run mast "
                              "verify, then ingest again)")
                                 .c_str(),
                             DataError);
    }

    TEST_CASE("an epoch shows each window once, and each epoch in its own order") {
        const test::TempDir dir;
        SmallStore{{12, 10}, false, {0.0, 0.0, 0}}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        Loader loader(store, store::Split::train, 4, kBoth, 5);
        REQUIRE(loader.count() == 16);
        const auto order = [&](std::int64_t first, std::int64_t batch) {
            Windows windows;
            loader.load(first, batch, windows);
            std::vector<std::pair<std::int64_t, std::int64_t>> places;
            for (std::size_t b = 0; b < windows.episode.size(); ++b)
                places.emplace_back(windows.episode[b], windows.start[b]);
            return places;
        };
        const auto first = order(0, 16);
        const auto second = order(16, 16);
        CHECK(std::set(first.begin(), first.end()).size() == 16);
        CHECK(std::set(second.begin(), second.end()).size() == 16);
        CHECK(first != second);
        // A batch may reach over the end of an epoch, and more than one of them.
        auto both = first;
        both.insert(both.end(), second.begin(), second.end());
        CHECK(order(0, 32) == both);
        CHECK(order(14, 4) == std::vector(both.begin() + 14, both.begin() + 18));
        CHECK(order(100, 40) == [&] {
            auto places = order(100, 7);
            const auto rest = order(107, 33);
            places.insert(places.end(), rest.begin(), rest.end());
            return places;
        }());
        // Another seed, another order.
        Loader other(store, store::Split::train, 4, kBoth, 6);
        Windows windows;
        other.load(0, 16, windows);
        std::vector<std::pair<std::int64_t, std::int64_t>> places;
        for (std::size_t b = 0; b < 16; ++b)
            places.emplace_back(windows.episode[b], windows.start[b]);
        CHECK(places != first);
    }
}

}  // namespace mast::window
