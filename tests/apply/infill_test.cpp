#include "apply/infill.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "apply/run.h"
#include "store/checksum.h"
#include "store/h5.h"
#include "support/small_store.h"
#include "support/temp_dir.h"
#include "train/evaluate.h"
#include "train/linear_system.h"

namespace mast::apply {

using store::Modality;

namespace {

template <class T>
std::vector<T> whole(const store::h5::Group& root, const std::string& path) {
    const auto dataset = root.dataset(path);
    std::vector<T> values(static_cast<std::size_t>(dataset.rows() * dataset.row_size()));
    dataset.read(0, dataset.rows(), values.data());
    return values;
}

std::vector<InfillScore> fill(const store::TrajectoryReader& store, model::Transformer& network,
                              const std::vector<mask::Objective>& objectives,
                              const window::Scaler& scaler, const std::filesystem::path& target) {
    window::Loader loader(store, store::Split::val, objectives.front().steps,
                          objectives.front().layout.modalities(), 0, {scaler});
    const auto windows = infill_windows(loader.index());
    InfillWriter writer(target, store::Overwrite::refuse, static_cast<std::int64_t>(windows.size()),
                        loader.channels(), scaler, objectives, {});
    auto scores = infill(network, store, loader, windows, objectives, {}, writer);
    writer.finish();
    return scores;
}

}  // namespace

TEST_SUITE("apply/infill") {
    TEST_CASE("predictions stand in the store's units, at the steps they are of") {
        const test::TempDir dir;
        test::LinearSystem{10, 12, false, 0.3}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const mask::Layout layout("obs,act");
        const std::vector objectives{mask::make_objective("random:ratio=0.5", layout, 4),
                                     mask::make_objective("inverse", layout, 4)};
        auto network = test::random_network(objectives, false);
        const window::Scaler scaler(store);
        const auto scores = fill(store, network, objectives, scaler, dir / "f.h5");
        // Windows of 4 steps fill episodes of 12: what evaluate covers, so the same losses.
        const auto expected = train::evaluate(network, store, objectives, scaler, {});
        REQUIRE(scores.size() == expected.size());
        for (std::size_t i = 0; i < scores.size(); ++i)
            CHECK(scores[i].loss == doctest::Approx(expected[i].loss).epsilon(1e-6));

        const auto file = store::h5::File::open(dir / "f.h5");
        CHECK(store::damage_inside(file.root()).empty());
        const auto rows = whole<std::int64_t>(file.root(), "row");
        const auto predict = whole<std::uint8_t>(file.root(), "objectives/0/predict_obs");
        const auto visible = whole<std::uint8_t>(file.root(), "objectives/0/visible_obs");
        const auto predicted = whole<float>(file.root(), "objectives/0/predicted_obs");
        CHECK(rows.size() == 9);
        double sum = 0;
        std::int64_t count = 0;
        for (std::size_t i = 0; i < predict.size(); ++i) {
            CHECK(std::isnan(predicted[i * 2]) == (predict[i] == 0));
            CHECK(visible[i] + predict[i] == 1);
            if (predict[i] == 0) continue;
            std::vector<float> truth(2);
            store.read(Modality::obs, rows[i / 4] + static_cast<std::int64_t>(i % 4), 1, truth);
            for (std::size_t d = 0; d < 2; ++d) {
                const auto scale = static_cast<double>(scaler.scale(Modality::obs)[d]);
                sum += std::pow(static_cast<double>(predicted[i * 2 + d] - truth[d]) / scale, 2);
                ++count;
            }
        }
        CHECK(sum / static_cast<double>(count) == doctest::Approx(scores[0].loss).epsilon(1e-5));
    }

    TEST_CASE("every step is in a window, and what is padded is not predicted") {
        const test::TempDir dir;
        test::SmallStore{{3, 7, 9, 5}, false, {0.75, 0.0, 1}}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const std::vector objectives{mask::make_objective("policy", mask::Layout("obs,act"), 4)};
        auto network = test::random_network(objectives, false);
        fill(store, network, objectives, window::Scaler(store), dir / "f.h5");
        const auto file = store::h5::File::open(dir / "f.h5");
        const auto rows = whole<std::int64_t>(file.root(), "row");
        const auto predict = whole<std::uint8_t>(file.root(), "objectives/0/predict_act");
        std::vector<int> seen(24, 0);
        for (std::size_t i = 0; i < predict.size(); ++i) {
            if (predict[i] != 0) seen[static_cast<std::size_t>(rows[i / 4]) + i % 4] = 1;
        }
        for (const auto& episode : store.episodes()) {
            for (std::int64_t t = 0; t < episode.length; ++t) {
                const bool held_out = episode.split == store::Split::val;
                CHECK(seen[static_cast<std::size_t>(episode.start + t)] == (held_out ? 1 : 0));
            }
        }
    }

    TEST_CASE("of classes there are the likeliest and the probability of each") {
        const test::TempDir dir;
        test::LinearSystem{6, 8, true, 0.3}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const std::vector objectives{
            mask::make_objective("random:ratio=0.5,of=act", mask::Layout("obs,act"), 4)};
        auto network = test::random_network(objectives, true);
        const auto scores = fill(store, network, objectives, window::Scaler(store), dir / "f.h5");
        const auto file = store::h5::File::open(dir / "f.h5");
        const auto rows = whole<std::int64_t>(file.root(), "row");
        const auto classes = whole<std::int32_t>(file.root(), "objectives/0/predicted_act");
        const auto probability = whole<float>(file.root(), "objectives/0/probability_act");
        double nats = 0;
        std::int64_t count = 0;
        for (std::size_t i = 0; i < classes.size(); ++i) {
            if (classes[i] == -1) continue;
            const float* p = probability.data() + i * 3;
            CHECK(p[0] + p[1] + p[2] == doctest::Approx(1).epsilon(1e-5));
            CHECK(p[classes[i]] >= std::max({p[0], p[1], p[2]}));
            std::vector<std::int32_t> truth(1);
            store.read_classes(rows[i / 4] + static_cast<std::int64_t>(i % 4), 1, truth);
            nats -= std::log(static_cast<double>(p[truth[0]]));
            ++count;
        }
        CHECK(count == scores.at(0).tokens);
        CHECK(nats / static_cast<double>(count) == doctest::Approx(scores[0].loss).epsilon(1e-4));
    }
}

}  // namespace mast::apply
