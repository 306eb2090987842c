#include "train/processes.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <string>
#include <vector>

#include "mask/catalogue.h"
#include "support/temp_dir.h"
#include "train/linear_system.h"
#include "train/small_network.h"
#include "train/thread_processes.h"
#include "train/trainer.h"

namespace mast::train {

namespace {

constexpr std::int64_t kSteps = 25;

struct Trained {
    std::vector<double> losses;
    std::vector<double> held_out;
    std::vector<float> values;
    Progress progress;
};

std::vector<mask::Objective> objectives_of(const std::vector<std::string>& specs) {
    std::vector<mask::Objective> objectives;
    for (const auto& spec : specs)
        objectives.push_back(mask::make_objective(spec, mask::Layout("obs,act"), 6));
    return objectives;
}

struct Setting {
    std::vector<std::string> specs;
    std::int64_t batch;
    std::int64_t accumulate;
};

/// Opened by one thread, for HDF5 knows no threads; what is in memory has no need of it.
struct Data {
    StoreSource source, held_out;

    Data(const store::TrajectoryReader& store, const Setting& setting)
        : source(store, store::Split::train, objectives_of(setting.specs), setting.batch, 1, kSteps,
                 setting.accumulate),
          held_out(store, store::Split::val, objectives_of(setting.specs), setting.batch, 1) {}
};

Trained train(Processes& processes, Data& data, std::int64_t accumulate) {
    auto& source = data.source;
    model::Transformer network(network_for(source));
    model::initialise(network.table(), network.config(), 1, network.values());
    TrainOptions options;
    options.schedule = {1e-3, 2, kSteps, 0.1};
    options.accumulate = accumulate;
    options.dropout = 0.1;
    options.seed = 3;
    Trainer trainer(network, source, options, processes);
    Trained trained;
    for (std::int64_t step = 0; step < kSteps; ++step) {
        const auto report = trainer.step();
        trained.losses.push_back(report.loss);
        trained.losses.push_back(report.gradient_norm);
    }
    trained.held_out = mean_losses(network, data.held_out, 3, processes);
    trained.values.assign(network.values().begin(), network.values().end());
    trained.progress = trainer.progress();
    return trained;
}

void check_close(const std::vector<double>& got, const std::vector<double>& want) {
    REQUIRE(got.size() == want.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        CAPTURE(i);
        CHECK(std::abs(got[i] - want[i]) <= 1e-5 * std::abs(want[i]));
    }
}

}  // namespace

TEST_SUITE("train/processes") {
    TEST_CASE("several processes train what one would, and hold the same bits") {
        test::TempDir dir;
        test::LinearSystem system;
        system.episodes = 30;
        system.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        // Objectives that hide another number of tokens in each sample; batches that no number of
        // processes divides; samples that stay together.
        const std::vector<Setting> settings{
            {{"random:ratio=0.1..0.9", "hindsight", "forward:target=latent"}, 13, 1},
            {{"inverse", "random:ratio=0.3"}, 3, 5},
            {{"contrast:delta=2", "bert"}, 4, 5}};
        for (const auto& setting : settings) {
            CAPTURE(setting.specs.front());
            Data whole(store, setting);
            const auto one = train(alone(), whole, setting.accumulate);
            for (const int count : {2, 3, 4}) {
                CAPTURE(count);
                std::vector<Trained> all(static_cast<std::size_t>(count));
                std::deque<Data> data;
                for (int rank = 0; rank < count; ++rank)
                    data.emplace_back(store, setting);
                in_processes(count, [&](Processes& process) {
                    const auto rank = static_cast<std::size_t>(process.rank());
                    all[rank] = train(process, data[rank], setting.accumulate);
                });
                check_close(all[0].losses, one.losses);
                check_close(all[0].held_out, one.held_out);
                for (const auto& other : all) {
                    CHECK(other.values == all[0].values);
                    CHECK(other.losses == all[0].losses);
                    CHECK(other.progress.tokens == one.progress.tokens);
                    for (std::size_t view = 0; view < setting.specs.size(); ++view) {
                        CHECK(other.progress.tallies[view].counts() ==
                              one.progress.tallies[view].counts());
                        CHECK(other.progress.tallies[view].hides ==
                              one.progress.tallies[view].hides);
                    }
                }
            }
        }
    }
}

}  // namespace mast::train
