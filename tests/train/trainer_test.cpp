#include "train/trainer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "compute/parallel.h"
#include "mask/catalogue.h"
#include "support/small_store.h"
#include "support/temp_dir.h"
#include "train/evaluate.h"
#include "train/linear_system.h"
#include "train/small_network.h"
#include "train/write_batches.h"

namespace mast::train {

namespace {

constexpr std::int64_t kBatch = 16;

std::vector<mask::Objective> objectives() {
    const mask::Layout layout("obs,act");
    return {mask::make_objective("inverse", layout, 6),
            mask::make_objective("random:ratio=0.3,of=act,weight=0.5", layout, 6)};
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

/// Objectives that hide another number of tokens in each window, one by a curriculum: the
/// denominators of batches differ.
std::vector<mask::Objective> uneven_objectives() {
    const mask::Layout layout("obs,act");
    return {mask::make_objective("random:ratio=0.1..0.7", layout, 6),
            mask::make_objective("hindsight:weight=0.3", layout, 6)};
}

/// Steps whose size is proportional to the gradient: Adam's usual ones blow up what is left of
/// gradients that are zero but for rounding.
TrainOptions smooth_options(std::int64_t steps, std::int64_t accumulate) {
    auto options = options_for(steps);
    options.schedule.peak = 0.1;
    options.adamw.epsilon = 1.0;
    options.accumulate = accumulate;
    return options;
}

/// What remains of a training: reports and weights.
struct Trained {
    std::vector<StepReport> reports;
    std::vector<float> values;
};

Trained train(BatchSource& source, std::int64_t steps, const TrainOptions& options) {
    auto network = initialised(source);
    Trainer trainer(network, source, options);
    Trained trained;
    for (std::int64_t i = 0; i < steps; ++i)
        trained.reports.push_back(trainer.step());
    trained.values.assign(network.values().begin(), network.values().end());
    return trained;
}

Trained train(BatchSource& source, std::int64_t steps) {
    return train(source, steps, options_for(steps));
}

/// The largest difference, relative to the largest change that training made.
double distance(const std::vector<float>& a, const std::vector<float>& b,
                std::span<const float> start) {
    double difference = 0;
    double change = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference = std::max(difference, std::abs(static_cast<double>(a[i] - b[i])));
        change = std::max(change, std::abs(static_cast<double>(a[i] - start[i])));
    }
    return difference / change;
}

/// Four batches of 16 and one of 64, step by step.
void check_accumulation(const store::TrajectoryReader& store, double dropout = 0) {
    constexpr std::int64_t kSteps = 6;
    StoreSource small(store, store::Split::train, uneven_objectives(), 16, 1, kSteps, 4);
    StoreSource large(store, store::Split::train, uneven_objectives(), 64, 1, kSteps);
    auto four = smooth_options(kSteps, 4);
    auto one = smooth_options(kSteps, 1);
    four.dropout = one.dropout = dropout;
    const auto a = train(small, kSteps, four);
    const auto b = train(large, kSteps, one);
    for (std::size_t i = 0; i < a.reports.size(); ++i) {
        CAPTURE(i);
        const auto& got = a.reports[i];
        const auto& want = b.reports[i];
        CHECK(got.step == want.step);
        CHECK(got.tokens == want.tokens);
        CHECK(got.rate == want.rate);
        CHECK(got.loss == doctest::Approx(want.loss).epsilon(1e-6));
        for (std::size_t view = 0; view < 2; ++view)
            CHECK(got.losses[view] == doctest::Approx(want.losses[view]).epsilon(1e-6));
        CHECK(got.gradient_norm == doctest::Approx(want.gradient_norm).epsilon(1e-6));
    }
    // Relative to the largest parameter, and to the largest change, which is smaller.
    CHECK(distance(a.values, b.values, std::vector<float>(a.values.size())) < 1e-6);
    CHECK(distance(a.values, b.values, initialised(large).values()) < 1e-5);
    // Denominators of each batch alone would have been seen.
    auto network = initialised(small);
    mask::Batch batch;
    double mean = 0;
    for (std::int64_t i = 0; i < 4; ++i) {
        small.load(i, batch);
        mean += network.loss(batch, 0).loss() / 4;
    }
    CHECK(std::abs(mean / b.reports[0].losses[0] - 1) > 1e-4);
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

    TEST_CASE("an objective that never asks for anything ends the training") {
        const test::TempDir dir;
        test::SmallStore{{4, 3, 4}}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const mask::Layout layout("obs,act");
        // Episodes have four steps at most.
        const std::vector<mask::Objective> never{mask::make_objective("policy", layout, 8),
                                                 mask::make_objective("inverse:k=5", layout, 8)};
        StoreSource source(store, store::Split::train, never, kBatch, 1);
        auto network = initialised(source);
        Trainer trainer(network, source, options_for(1000));
        for (std::int64_t seen = 0; seen + kBatch < kMostIdle; seen += kBatch)
            trainer.step();
        CHECK_THROWS_WITH_AS(trainer.step(),
                             "objective \"inverse:k=5\": predicts nothing in any of 1024 windows, "
                             "expected targets (episodes that are long enough for it, or another "
                             "objective)",
                             DataError);
        const auto losses = mean_losses(network, source, 2);
        CHECK(losses[0] > 0);
        CHECK(std::isnan(losses[1]));
        trainer.keep_if_best(losses);
        CHECK(!trainer.best());
    }

    TEST_CASE("an objective that asks now and then goes on") {
        const test::TempDir dir;
        test::SmallStore{{4, 3, 4, 8}}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        StoreSource source(store, store::Split::train,
                           {mask::make_objective("inverse:k=5", mask::Layout("obs,act"), 8)}, 16,
                           1);
        CHECK(train(source, 100).reports.size() == 100);
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

    TEST_CASE_FIXTURE(StoreFixture, "batches of a step are one batch of all their windows") {
        check_accumulation(reader());
        check_accumulation(reader(), 0.2);
        test::LinearSystem classes;
        classes.discrete = true;
        classes.write(dir() / "classes.h5");
        check_accumulation(store::TrajectoryReader(dir() / "classes.h5"));
        // Windows with padding.
        test::SmallStore{{2, 9, 3, 5, 4, 1, 6, 2, 3}, true, {}}.write(dir() / "short.h5");
        check_accumulation(store::TrajectoryReader(dir() / "short.h5"));
    }

    TEST_CASE_FIXTURE(StoreFixture, "batches of a step hold the windows and masks of a large one") {
        const auto store = reader();
        StoreSource small(store, store::Split::train, uneven_objectives(), 16, 1, 5, 4);
        StoreSource large(store, store::Split::train, uneven_objectives(), 64, 1, 5);
        mask::Batch got;
        mask::Batch want;
        for (std::int64_t number = 0; number < 20; ++number) {
            CAPTURE(number);
            small.load(number, got);
            large.load(number / 4, want);
            const auto first = number % 4 * 16;
            const auto same = [&](const auto& part, const auto& whole) {
                const auto each = static_cast<std::ptrdiff_t>(part.size() / 16);
                return std::equal(part.begin(), part.end(), whole.begin() + first * each);
            };
            CHECK(same(got.windows.episode, want.windows.episode));
            CHECK(same(got.windows.start, want.windows.start));
            CHECK(same(got.windows.values[0], want.windows.values[0]));
            for (std::size_t view = 0; view < 2; ++view) {
                CHECK(same(got.views[view].hidden, want.views[view].hidden));
                CHECK(same(got.views[view].predict, want.views[view].predict));
            }
        }
    }

    TEST_CASE_FIXTURE(StoreFixture,
                      "a step of several batches goes on through files as one would") {
        const auto store = reader();
        write_batches(store, dir() / "b.h5", 3, 1);
        // Two of three, then the last and again the first: as from the file twice over.
        BatchFileSource once({dir() / "b.h5"});
        BatchFileSource twice({dir() / "b.h5", dir() / "b.h5"});
        const auto trained = train(once, 5, smooth_options(5, 2));
        check_same(trained, train(twice, 5, smooth_options(5, 2)));
        CHECK(trained.reports.back().tokens == 5 * 2 * kBatch * 12 * 2);
        // The second step by hand: batch 2 and batch 0.
        auto network = initialised(once);
        Trainer trainer(network, once, smooth_options(5, 2));
        trainer.step();
        std::array<mask::Batch, 2> batches;
        once.load(2, batches[0]);
        once.load(0, batches[1]);
        std::vector<double> expected;
        for (std::size_t view = 0; view < 2; ++view) {
            auto sums = network.loss(batches[0], view);
            sums += network.loss(batches[1], view);
            expected.push_back(sums.loss());
        }
        const auto report = trainer.step();
        for (std::size_t view = 0; view < 2; ++view)
            CHECK(report.losses[view] == doctest::Approx(expected[view]).epsilon(1e-6));
    }

    TEST_CASE_FIXTURE(StoreFixture, "a contrast compares within each of a step's batches") {
        const auto store = reader();
        const std::vector objectives{
            mask::make_objective("contrast:delta=2", mask::Layout("obs,act"), 6)};
        StoreSource source(store, store::Split::train, objectives, 8, 1);
        auto network = initialised(source);
        mask::Batch batch;
        model::LossSums sums;
        for (std::int64_t i = 0; i < 3; ++i) {
            source.load(i, batch);
            sums += network.loss(batch, 0);
        }
        Trainer trainer(network, source, smooth_options(5, 3));
        CHECK(trainer.step().loss == doctest::Approx(sums.loss()).epsilon(1e-6));
    }

    TEST_CASE_FIXTURE(StoreFixture, "dropout's masks follow from the seed and the step alone") {
        const auto store = reader();
        StoreSource source(store, store::Split::train, objectives(), kBatch, 1);
        auto options = options_for(4);
        options.dropout = 0.2;
        options.seed = 6;
        const auto trained = train(source, 4, options);
        compute::set_threads(1);
        check_same(trained, train(source, 4, options));
        compute::set_threads(2);
        options.seed = 7;
        CHECK(train(source, 4, options).values != trained.values);
        options.seed = 6;

        // The third step by hand.
        auto network = initialised(source);
        Trainer trainer(network, source, options);
        trainer.step();
        trainer.step();
        mask::Batch batch;
        source.load(2, batch);
        compute::DropoutKey key;
        key.rate = 0.2;
        key.seed = 6;
        key.step = 3;
        for (std::size_t view = 0; view < 2; ++view) {
            const auto targets = model::count_targets(network.config(), batch, view);
            const auto sums = network.accumulate_gradient(batch, view, 1.0, targets, key);
            CHECK(sums.loss() == trained.reports[2].losses[view]);
            CHECK(network.loss(batch, view).loss() != sums.loss());
        }
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

    TEST_CASE_FIXTURE(StoreFixture,
                      "a loss that is not finite changes nothing; five in a row end the training") {
        const auto store = reader();
        StoreSource source(store, store::Split::train, objectives(), kBatch, 1);
        auto network = initialised(source);
        Trainer trainer(network, source, options_for(10));
        trainer.step();
        const auto& head = network.table().parameters().back();
        auto& spoilt = network.table().of(network.values(), head)[0];
        const float whole = spoilt;
        spoilt = std::numeric_limits<float>::infinity();
        const std::vector<float> before(network.values().begin(), network.values().end());
        const std::vector<float> moments(trainer.optimiser().second().begin(),
                                         trainer.optimiser().second().end());
        for (std::int64_t step = 2; step < 1 + kMostSkippedInRow; ++step) {
            CHECK(trainer.step().not_finite.find("loss of ") == 0);
            CHECK(trainer.progress().skipped == step - 1);
        }
        CHECK(std::ranges::equal(before, network.values()));
        CHECK(std::ranges::equal(moments, trainer.optimiser().second()));
        CHECK(trainer.steps() == 5);
        CHECK(trainer.optimiser().steps() == 1);
        // A step that is done ends the row.
        spoilt = whole;
        CHECK(trainer.step().not_finite.empty());
        CHECK(trainer.optimiser().steps() == 2);
        CHECK(trainer.progress().skipped == 4);
        CHECK(trainer.progress().skipped_in_row == 0);
        spoilt = std::numeric_limits<float>::infinity();
        for (std::int64_t i = 1; i < kMostSkippedInRow; ++i)
            trainer.step();
        std::string text;
        try {
            trainer.step();
        } catch (const DivergedError& error) {
            text = error.what();
        }
        CAPTURE(text);
        CHECK(text.find("step 11: loss of ") == 0);
        CHECK(text.find("5 steps in a row") != std::string::npos);
    }

    TEST_CASE_FIXTURE(StoreFixture, "a loss that stands out is reported, and training goes on") {
        const auto store = reader();
        StoreSource source(store, store::Split::train, objectives(), kBatch, 1);
        auto network = initialised(source);
        Trainer trainer(network, source, options_for(200));
        for (int i = 0; i < 60; ++i)
            CHECK(trainer.step().spikes.empty());
        const auto& head = network.table().find("heads.inverse.act.bias");
        network.table().of(network.values(), head)[0] += 10;
        const auto report = trainer.step();
        REQUIRE(report.spikes.size() == 1);
        CHECK(report.spikes[0].objective == 0);
        CHECK(report.spikes[0].loss == report.losses[0]);
        CHECK(report.spikes[0].loss > report.spikes[0].bound);
        CHECK(trainer.progress().spikes == 1);
        CHECK(trainer.optimiser().steps() == 61);
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
