#include "train/baselines.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/stop.h"
#include "mask/catalogue.h"
#include "support/temp_dir.h"
#include "train/linear_system.h"
#include "window/loader.h"

namespace mast::train {

using store::Modality;

namespace {

const mask::Layout kLayout("obs,act");

/// An objective of so many steps, whose rows may look anywhere.
mask::Objective objective_of(std::int64_t steps) {
    return mask::make_objective("random:ratio=0.5", kLayout, steps);
}

/// All windows of a split in the order of the store.
window::Windows all_windows(const store::TrajectoryReader& store, store::Split split,
                            std::int64_t steps) {
    window::Loader loader(store, split, steps, kLayout.modalities(), 0);
    window::Windows windows;
    loader.load_in_order(0, loader.count(), windows);
    return windows;
}

std::vector<std::uint8_t> every_token_of(const window::Windows& windows, Modality modality) {
    std::vector<std::uint8_t> predict(
        static_cast<std::size_t>(windows.batch * kLayout.tokens(windows.steps)));
    for (std::size_t i = 0; i < predict.size(); ++i) {
        predict[i] = kLayout.modality_of(static_cast<std::int64_t>(i)) == modality ? 1 : 0;
    }
    return predict;
}

/// Two windows of 3 steps of noise: observations of so many columns, and actions of so many columns
/// or classes.
window::Windows noise(std::int64_t obs, std::int64_t act, bool discrete) {
    window::Channels channels;
    channels[store::index_of(Modality::obs)] = {obs, false};
    channels[store::index_of(Modality::act)] = {act, discrete};
    window::Windows windows;
    windows.resize(2, 3, channels, kLayout.modalities());
    Random draws(5, "noise", 0);
    for (auto& values : windows.values) {
        for (auto& value : values)
            value = static_cast<float>(draws.normal());
    }
    for (auto& number : windows.classes)
        number = static_cast<std::int32_t>(draws.below(act));
    windows.valid.assign(windows.valid.size(), 1);
    return windows;
}

BaselineSums own_sums(const window::Windows& windows, Modality modality) {
    Baselines baselines(windows.channels, modality);
    baselines.add(windows);
    baselines.solve();
    return baselines.score(windows, objective_of(3), every_token_of(windows, modality));
}

Baselines fitted(const window::Windows& train, Modality modality) {
    Baselines baselines(train.channels, modality);
    baselines.add(train);
    baselines.solve();
    return baselines;
}

}  // namespace

TEST_SUITE("train/baselines") {
    TEST_CASE("mean and last agree with a double-precision count over the raw actions") {
        const test::TempDir dir;
        test::LinearSystem{}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const auto train = all_windows(store, store::Split::train, 6);
        const auto val = all_windows(store, store::Split::val, 6);
        const auto sums =
            fitted(train, Modality::act)
                .score(val, objective_of(val.steps), every_token_of(val, Modality::act));

        double train_mean = 0;
        for (const float value : train.values[1])
            train_mean += static_cast<double>(value) / static_cast<double>(train.values[1].size());
        double mean = 0;
        double last = 0;
        for (std::size_t i = 0; i < val.values[1].size(); ++i) {
            const auto value = static_cast<double>(val.values[1][i]);
            const double before =
                i % 6 == 0 ? train_mean : static_cast<double>(val.values[1][i - 1]);
            mean += (value - train_mean) * (value - train_mean);
            last += (value - before) * (value - before);
        }
        CHECK(sums.mean == doctest::Approx(mean).epsilon(1e-9));
        CHECK(sums.last == doctest::Approx(last).epsilon(1e-9));
    }

    TEST_CASE("the linear map finds the action between two observations of a linear system") {
        const test::TempDir dir;
        test::LinearSystem{}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const auto train = all_windows(store, store::Split::train, 6);
        const auto val = all_windows(store, store::Split::val, 6);
        const auto baselines = fitted(train, Modality::act);
        auto predict = every_token_of(val, Modality::act);
        // At a window's last step only o_t is there, which says nothing of a random action.
        const auto with_last = baselines.score(val, objective_of(val.steps), predict);
        for (std::int64_t b = 0; b < val.batch; ++b) {
            predict[static_cast<std::size_t>(b * 12 + kLayout.token(5, Modality::act))] = 0;
        }
        const auto without = baselines.score(val, objective_of(val.steps), predict);
        const auto rows = static_cast<double>(val.batch);
        CHECK(without.linear / rows < 1e-7);
        CHECK(without.mean / (5 * rows) > 0.5);
        CHECK(with_last.linear / rows == doctest::Approx(1.0).epsilon(0.2));
    }

    TEST_CASE("a row that may not look ahead is not compared with a map that does") {
        const test::TempDir dir;
        test::LinearSystem{}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const auto val = all_windows(store, store::Split::val, 6);
        const auto baselines = fitted(all_windows(store, store::Split::train, 6), Modality::act);
        const auto predict = every_token_of(val, Modality::act);
        const auto targets = static_cast<double>(val.batch * 6);
        const auto linear = [&](const char* spec) {
            const auto objective = mask::make_objective(spec, kLayout, 6);
            return baselines.score(val, objective, predict).linear / targets;
        };
        // Only the last step of a window is a guess for inverse, every step for policy.
        CHECK(linear("inverse") == doctest::Approx(1.0 / 6).epsilon(0.2));
        CHECK(linear("policy") == doctest::Approx(1.0).epsilon(0.2));
    }

    TEST_CASE("the linear map finds the next observation of a linear system") {
        const test::TempDir dir;
        test::LinearSystem{}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const auto val = all_windows(store, store::Split::val, 6);
        const auto baselines = fitted(all_windows(store, store::Split::train, 6), Modality::obs);
        auto predict = every_token_of(val, Modality::obs);
        const auto with_first = baselines.score(val, objective_of(val.steps), predict);
        for (std::int64_t b = 0; b < val.batch; ++b)
            predict[static_cast<std::size_t>(b * 12)] = 0;
        const auto without = baselines.score(val, objective_of(val.steps), predict);
        CHECK(without.linear / static_cast<double>(val.batch) < 1e-7);
        // The first step of a window falls back to the mean.
        CHECK(with_first.linear - without.linear ==
              doctest::Approx(with_first.mean - without.mean).epsilon(1e-9));
    }

    TEST_CASE("classes: frequencies, and frequencies after the class before, each one more") {
        const test::TempDir dir;
        test::LinearSystem system;
        system.discrete = true;
        system.episodes = 60;
        system.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const auto train = all_windows(store, store::Split::train, 5);
        const auto val = all_windows(store, store::Split::val, 5);
        const auto sums =
            fitted(train, Modality::act)
                .score(val, objective_of(val.steps), every_token_of(val, Modality::act));

        std::map<int, double> seen;
        std::map<std::pair<int, int>, double> after;
        std::map<int, double> before;
        for (std::size_t i = 0; i < train.classes.size(); ++i) {
            seen[train.classes[i]] += 1;
            if (i % 5 == 0) continue;
            after[{train.classes[i - 1], train.classes[i]}] += 1;
            before[train.classes[i - 1]] += 1;
        }
        const auto all = static_cast<double>(train.classes.size());
        double mean = 0;
        double last = 0;
        for (std::size_t i = 0; i < val.classes.size(); ++i) {
            const double plain = -std::log((seen[val.classes[i]] + 1) / (all + 3));
            mean += plain;
            last += i % 5 == 0 ? plain
                               : -std::log((after[{val.classes[i - 1], val.classes[i]}] + 1) /
                                           (before[val.classes[i - 1]] + 3));
        }
        CHECK(sums.mean == doctest::Approx(mean).epsilon(1e-9));
        CHECK(sums.last == doctest::Approx(last).epsilon(1e-9));
        CHECK(sums.last < sums.mean);
        // What moved between two observations names the class, but for the last step of a window.
        const auto rows = static_cast<double>(val.batch);
        CHECK(sums.linear < 0.4 * sums.mean);
        CHECK(sums.linear > 0.5 * rows);
    }

    TEST_CASE("classes that are not valid leave their part of the frequencies to the others") {
        const test::TempDir dir;
        test::LinearSystem system;
        system.discrete = true;
        system.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const auto train = all_windows(store, store::Split::train, 5);
        auto val = all_windows(store, store::Split::val, 5);
        const auto baselines = fitted(train, Modality::act);
        const auto predict = every_token_of(val, Modality::act);
        const auto objective = objective_of(val.steps);
        const auto all_valid = baselines.score(val, objective, predict);
        val.may.assign(3 * val.classes.size(), 1);
        CHECK(baselines.score(val, objective, predict).mean ==
              doctest::Approx(all_valid.mean).epsilon(1e-12));
        // Beside the class that was taken, the one after it is valid at every other step.
        std::array<double, 3> seen{1, 1, 1};
        for (const auto taken : train.classes)
            seen[static_cast<std::size_t>(taken)] += 1;
        double mean = 0;
        for (std::size_t i = 0; i < val.classes.size(); ++i) {
            const auto taken = static_cast<std::size_t>(val.classes[i]);
            const auto after = (taken + 1) % 3;
            val.may[3 * i + (taken + 2) % 3] = 0;
            val.may[3 * i + after] = i % 2;
            if (i % 2 == 1) mean -= std::log(seen[taken] / (seen[taken] + seen[after]));
        }
        const auto sums = baselines.score(val, objective, predict);
        CHECK(sums.mean == doctest::Approx(mean).epsilon(1e-9));
        CHECK(sums.linear < all_valid.linear);
        CHECK(sums.last < all_valid.last);
        // Where nothing else is valid, nothing is to be learnt.
        for (std::size_t i = 0; i < val.may.size(); ++i)
            val.may[i] = static_cast<std::int32_t>(i % 3) == val.classes[i / 3] ? 1 : 0;
        const auto none = baselines.score(val, objective, predict);
        CHECK(none.mean == doctest::Approx(0.0));
        CHECK(none.last == doctest::Approx(0.0));
        CHECK(none.linear == doctest::Approx(0.0));
    }

    TEST_CASE("padding teaches nothing and is not scored") {
        const test::TempDir dir;
        test::LinearSystem system;
        system.length = 4;
        system.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const auto padded = fitted(all_windows(store, store::Split::train, 9), Modality::act);
        const auto exact = fitted(all_windows(store, store::Split::train, 4), Modality::act);
        const auto val = all_windows(store, store::Split::val, 4);
        const auto predict = every_token_of(val, Modality::act);
        const auto a = padded.score(val, objective_of(val.steps), predict);
        const auto b = exact.score(val, objective_of(val.steps), predict);
        CHECK(a.mean == b.mean);
        CHECK(a.last == b.last);
        CHECK(a.linear == b.linear);
    }

    TEST_CASE("a million columns have no linear map and take no memory for one") {
        // Sums over pairs of these columns would take 8 TB.
        constexpr std::int64_t kMany = 1'000'000;
        for (const auto modality : {Modality::obs, Modality::act}) {
            for (const bool discrete : {false, true}) {
                const auto sums = own_sums(noise(kMany, 3, discrete), modality);
                CHECK(sums.mean > 0);
                CHECK(sums.last > 0);
                CHECK(std::isnan(sums.linear));
            }
        }
        const auto of_classes = own_sums(noise(2, kMany, true), Modality::act);
        CHECK(of_classes.mean > 0);
        CHECK(std::isnan(of_classes.last));
        CHECK(std::isnan(of_classes.linear));
        CHECK(std::isnan(own_sums(noise(2, kMany, true), Modality::obs).linear));
        CHECK(std::isnan(own_sums(noise(2, kMany, false), Modality::act).linear));
    }

    TEST_CASE("the widest that have a linear map are those of the audit") {
        const auto linear = [](std::int64_t columns) {
            auto windows = noise(columns, 1, false);
            windows.channels[store::index_of(Modality::rew)] = {1, false};
            windows.values[store::index_of(Modality::rew)].assign(6, 1.0F);
            const Baselines rewards(windows.channels, Modality::rew);
            const mask::Layout layout("obs,act,rew");
            const auto objective = mask::make_objective("random:ratio=0.5", layout, 3);
            std::vector<std::uint8_t> predict(static_cast<std::size_t>(2 * layout.tokens(3)));
            for (std::size_t i = 2; i < predict.size(); i += 3)
                predict[i] = 1;
            return rewards.score(windows, objective, predict).linear;
        };
        CHECK(std::isfinite(linear(AuditLimits{}.columns)));
        CHECK(std::isnan(linear(AuditLimits{}.columns + 1)));
    }

    TEST_CASE("only actions are fitted a second time, without o_t+1") {
        const auto windows = noise(4, 2, false);
        const auto calls_of_solving = [&](Modality modality) {
            int calls = 0;
            Baselines baselines(windows.channels, modality, [&] { ++calls; });
            baselines.add(windows);
            calls = 0;
            baselines.solve();
            return calls;
        };
        const auto calls_of_one = [](std::int64_t features, std::int64_t targets) {
            int calls = 0;
            LeastSquares fit(features, targets);
            fit.add(std::vector<double>(static_cast<std::size_t>(features), 1.0),
                    std::vector<float>(static_cast<std::size_t>(targets), 1.0F));
            fit.solve([&] { ++calls; });
            return calls;
        };
        CHECK(calls_of_solving(Modality::obs) == calls_of_one(1 + 4 + 2, 4));
        CHECK(calls_of_solving(Modality::act) ==
              calls_of_one(1 + 2 * 4, 2) + calls_of_one(1 + 4, 2));
    }

    TEST_CASE("a wish to stop ends each part of the work") {
        const auto windows = noise(2, 3, true);
        bool stops = false;
        Baselines baselines(windows.channels, Modality::act, [&] {
            if (stops) throw Interrupted{15};
        });
        baselines.add(windows);
        stops = true;
        CHECK_THROWS_AS(baselines.add(windows), Interrupted);
        CHECK_THROWS_AS(baselines.solve(), Interrupted);
        CHECK_THROWS_AS(
            baselines.score(windows, objective_of(3), every_token_of(windows, Modality::act)),
            Interrupted);
    }
}

}  // namespace mast::train
