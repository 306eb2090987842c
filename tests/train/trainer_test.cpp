#include "train/trainer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "compute/parallel.h"
#include "mask/catalogue.h"
#include "support/temp_dir.h"
#include "train/evaluate.h"
#include "train/linear_system.h"
#include "train/write_batches.h"

namespace mast::train {

namespace {

constexpr std::int64_t kBatch = 16;

std::vector<mask::Objective> objectives() {
    const mask::Layout layout("obs,act");
    return {mask::make_objective("inverse", layout, 6),
            mask::make_objective("random:ratio=0.3,of=act,weight=0.5", layout, 6)};
}

model::ModelConfig network_for(const BatchSource& source) {
    model::ModelConfig config;
    config.layout = source.objectives().front().layout;
    config.channels = source.channels();
    config.context = source.objectives().front().steps;
    config.layers = 2;
    config.heads = 2;
    config.width = 32;
    config.outputs = model::outputs_for(source.objectives());
    return config;
}

TrainOptions options_for(std::int64_t steps) {
    TrainOptions options;
    options.schedule = {3e-3, steps / 20, steps, 0.1};
    return options;
}

model::Transformer initialised(const BatchSource& source) {
    model::Transformer network(network_for(source));
    model::initialise(network.table(), network.config(), 1, network.values());
    return network;
}

/// What remains of a training: reports and weights.
struct Trained {
    std::vector<StepReport> reports;
    std::vector<float> values;
};

Trained train(BatchSource& source, std::int64_t steps) {
    auto network = initialised(source);
    Trainer trainer(network, source, options_for(steps));
    Trained trained;
    for (std::int64_t i = 0; i < steps; ++i)
        trained.reports.push_back(trainer.step());
    trained.values.assign(network.values().begin(), network.values().end());
    return trained;
}

void check_same(const Trained& a, const Trained& b) {
    REQUIRE(a.reports.size() == b.reports.size());
    for (std::size_t i = 0; i < a.reports.size(); ++i) {
        CHECK(a.reports[i].losses == b.reports[i].losses);
        CHECK(a.reports[i].gradient_norm == b.reports[i].gradient_norm);
    }
    CHECK(a.values == b.values);
}

class StoreFixture {
  public:
    StoreFixture() { test::LinearSystem{}.write(dir_ / "s.h5"); }
    const test::TempDir& dir() const { return dir_; }
    store::TrajectoryReader reader() const { return store::TrajectoryReader(dir_ / "s.h5"); }

  private:
    test::TempDir dir_;
};

/// The batches that a StoreSource draws.
void write_batches(const store::TrajectoryReader& store, const std::filesystem::path& path,
                   std::int64_t batches, std::uint64_t seed) {
    StoreSource source(store, store::Split::train, objectives(), kBatch, seed);
    test::write_batches(source, path, batches, seed);
}

}  // namespace

TEST_SUITE("train/trainer") {
    TEST_CASE_FIXTURE(StoreFixture, "training on a linear system learns its inverse") {
        const auto store = reader();
        StoreSource source(store, store::Split::train, objectives(), kBatch, 1);
        auto network = initialised(source);
        Trainer trainer(network, source, options_for(400));
        const auto first = trainer.step();
        StepReport last;
        while (trainer.steps() < 400)
            last = trainer.step();
        CHECK(first.losses[0] > 0.8);  // about the variance of a standardised action
        CHECK(last.losses[0] < 0.05);
        const auto scores = evaluate(network, store, {objectives()[0]}, window::Scaler(store), {});
        CHECK(scores[0].loss < 0.05 * scores[0].baseline_mean);
    }

    TEST_CASE_FIXTURE(StoreFixture, "a report counts tokens and weighs its losses") {
        const auto store = reader();
        StoreSource source(store, store::Split::train, objectives(), kBatch, 1);
        const auto reports = train(source, 3).reports;
        for (std::size_t i = 0; i < 3; ++i) {
            const auto& report = reports[i];
            CHECK(report.step == static_cast<std::int64_t>(i) + 1);
            CHECK(report.tokens == report.step * kBatch * 12 * 2);
            CHECK(report.loss ==
                  doctest::Approx(report.losses[0] + 0.5 * report.losses[1]).epsilon(1e-12));
            CHECK(report.rate == options_for(3).schedule.at(report.step));
        }
    }

    TEST_CASE_FIXTURE(StoreFixture, "the bits are the same again, and for one thread or two") {
        const auto store = reader();
        StoreSource source(store, store::Split::train, objectives(), kBatch, 1);
        compute::set_threads(2);
        const auto once = train(source, 12);
        check_same(once, train(source, 12));
        compute::set_threads(1);
        check_same(once, train(source, 12));
        compute::set_threads(2);
    }

    TEST_CASE_FIXTURE(StoreFixture, "batches on disk train the same network as their store") {
        const auto store = reader();
        write_batches(store, dir() / "b.h5", 8, 1);
        StoreSource from_store(store, store::Split::train, objectives(), kBatch, 1);
        BatchFileSource from_file({dir() / "b.h5"});
        check_same(train(from_store, 8), train(from_file, 8));
    }

    TEST_CASE_FIXTURE(StoreFixture, "files of batches follow each other and begin again") {
        const auto store = reader();
        write_batches(store, dir() / "a.h5", 2, 1);
        write_batches(store, dir() / "b.h5", 3, 2);
        BatchFileSource both({dir() / "a.h5", dir() / "b.h5"});
        BatchFileSource a({dir() / "a.h5"});
        BatchFileSource b({dir() / "b.h5"});
        mask::Batch got;
        mask::Batch want;
        for (std::int64_t step = 0; step < 10; ++step) {
            CAPTURE(step);
            both.load(step, got);
            if (step % 5 < 2) {
                a.load(step % 5, want);
            } else {
                b.load(step % 5 - 2, want);
            }
            CHECK(got.windows.start == want.windows.start);
            CHECK(got.windows.values[0] == want.windows.values[0]);
            CHECK(got.views[1].hidden == want.views[1].hidden);
        }
    }

    TEST_CASE_FIXTURE(StoreFixture, "files of batches that differ are refused") {
        const auto store = reader();
        write_batches(store, dir() / "a.h5", 2, 1);
        test::LinearSystem other;
        other.episodes = 9;
        other.write(dir() / "t.h5");
        write_batches(store::TrajectoryReader(dir() / "t.h5"), dir() / "b.h5", 2, 1);
        CHECK_THROWS_AS(BatchFileSource({dir() / "a.h5", dir() / "b.h5"}), DataError);
    }

    TEST_CASE_FIXTURE(StoreFixture, "a loss that is not finite stops before anything is updated") {
        const auto store = reader();
        StoreSource source(store, store::Split::train, objectives(), kBatch, 1);
        auto network = initialised(source);
        const auto& head = network.table().parameters().back();
        network.table().of(network.values(), head)[0] = std::numeric_limits<float>::infinity();
        const std::vector<float> before(network.values().begin(), network.values().end());
        Trainer trainer(network, source, options_for(10));
        std::string text;
        try {
            trainer.step();
        } catch (const DivergedError& error) {
            text = error.what();
        }
        CAPTURE(text);
        CHECK(text.find("step 1: loss of ") == 0);
        CHECK(std::ranges::equal(before, network.values()));
        CHECK(trainer.steps() == 0);
    }

    TEST_CASE_FIXTURE(StoreFixture, "held-out losses are means over the elements of all batches") {
        const auto store = reader();
        StoreSource source(store, store::Split::val, objectives(), kBatch, 1);
        auto network = initialised(source);
        const auto losses = mean_losses(network, source, 2);
        mask::Batch batch;
        for (std::size_t view = 0; view < 2; ++view) {
            model::LossSums sums;
            for (std::int64_t b = 0; b < 2; ++b) {
                source.load(b, batch);
                sums += network.loss(batch, view);
            }
            const double sum = sums.sum[1];
            const auto count = static_cast<double>(sums.count[1]);
            CHECK(losses[view] == doctest::Approx(sum / count).epsilon(1e-12));
        }
    }
}

}  // namespace mast::train
