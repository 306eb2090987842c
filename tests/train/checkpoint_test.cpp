#include "train/checkpoint.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "compute/parallel.h"
#include "mask/catalogue.h"
#include "support/temp_dir.h"
#include "train/linear_system.h"

namespace mast::train {

namespace {

constexpr std::int64_t kBatch = 8;
constexpr std::int64_t kContext = 5;
constexpr std::int64_t kSteps = 12;

/// A network, its data and its training.
class Training {
  public:
    Training(const store::TrajectoryReader& store, const std::vector<std::string>& specs,
             compute::Precision precision, std::uint64_t seed = 1)
        : specs_(specs),
          source_(store, store::Split::train, build(specs), kBatch, 1, kSteps, 2),
          model_(network_for(source_), precision),
          trainer_(model_, source_, options()) {
        model::initialise(model_.table(), model_.config(), seed, model_.values());
    }

    void run(std::int64_t steps) {
        for (std::int64_t i = 0; i < steps; ++i)
            trainer_.step();
    }
    void save(const std::filesystem::path& path) {
        write_checkpoint(path, model_, trainer_, specs_, "b");
    }
    void restore(const std::filesystem::path& path) {
        const Checkpoint checkpoint(path, model_.table());
        checkpoint.read_model(model_, "b");
        checkpoint.read_training(trainer_);
    }
    model::Transformer& model() { return model_; }
    Trainer& trainer() { return trainer_; }

  private:
    static std::vector<mask::Objective> build(const std::vector<std::string>& specs) {
        std::vector<mask::Objective> objectives;
        for (const auto& spec : specs)
            objectives.push_back(
                mask::make_objective(spec, mask::Layout("rtg,obs,act,rew"), kContext));
        return objectives;
    }
    static model::ModelConfig network_for(const BatchSource& source) {
        model::ModelConfig config;
        config.layout = source.objectives().front().layout;
        config.channels = source.channels();
        config.context = kContext;
        config.layers = 1;
        config.heads = 2;
        config.width = 16;
        config.outputs = model::outputs_for(source.objectives());
        return config;
    }
    static TrainOptions options() {
        TrainOptions options;
        options.schedule = {3e-3, 3, kSteps, 0.1};
        options.accumulate = 2;
        options.dropout = 0.1;
        return options;
    }

    std::vector<std::string> specs_;
    StoreSource source_;
    model::Transformer model_;
    Trainer trainer_;
};

/// All that goes on from a training: its checkpoint's bytes.
std::string bytes_of(Training& training, const test::TempDir& dir) {
    training.save(dir / "bytes");
    return store::read_file(dir / "bytes", 10'000'000);
}

/// Every entry of the catalogue, with arguments where it cannot do without.
std::vector<std::string> all_specs() {
    const std::map<std::string, std::string> needed{
        {"steps", ":actions=1+3"},
        {"custom", ":hide=k.kind==act&&k.step==q.step"},
        {"forward", ":target=latent"},
    };
    std::vector<std::string> specs;
    for (const auto& entry : mask::catalogue()) {
        const auto arguments = needed.find(entry.name);
        specs.push_back(entry.name + (arguments == needed.end() ? "" : arguments->second));
    }
    return specs;
}

std::string refusal(const std::filesystem::path& path, Training& training) {
    try {
        training.restore(path);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

class StoreFixture {
  public:
    StoreFixture() { test::LinearSystem{20, 12}.write(dir_ / "s.h5"); }
    const test::TempDir& dir() const { return dir_; }
    store::TrajectoryReader reader() const { return store::TrajectoryReader(dir_ / "s.h5"); }

  private:
    test::TempDir dir_;
};

}  // namespace

TEST_SUITE("train/checkpoint") {
    TEST_CASE_FIXTURE(StoreFixture,
                      "a training goes on to the bit, with every objective and precision") {
        const auto store = reader();
        for (const auto precision : {compute::Precision::f32, compute::Precision::bf16}) {
            compute::set_threads(1);
            Training whole(store, all_specs(), precision);
            whole.run(kSteps);
            Training first(store, all_specs(), precision);
            first.run(5);
            first.save(dir() / "five");
            compute::set_threads(2);
            // Whatever stood in the network before is gone.
            Training second(store, all_specs(), precision, 99);
            second.restore(dir() / "five");
            CHECK(second.trainer().steps() == 5);
            second.run(kSteps - 5);
            CHECK(bytes_of(second, dir()) == bytes_of(whole, dir()));
        }
    }

    TEST_CASE_FIXTURE(StoreFixture, "skipped steps and spikes are remembered") {
        const auto store = reader();
        Training first(store, {"policy"}, compute::Precision::f32);
        first.run(1);
        auto progress = first.trainer().progress();
        progress.steps = 9;
        progress.skipped = 8;
        progress.skipped_in_row = 2;
        progress.spikes = 3;
        progress.trends[0] = {7, 0.1, 1.0 / 3};
        first.trainer().go_on_from(progress, std::nullopt);
        first.save(dir() / "c");
        Training second(store, {"policy"}, compute::Precision::f32, 99);
        second.restore(dir() / "c");
        const auto& got = second.trainer().progress();
        CHECK(got.steps == 9);
        CHECK(second.trainer().optimiser().steps() == 1);
        CHECK(got.tokens == progress.tokens);
        CHECK(got.skipped == 8);
        CHECK(got.skipped_in_row == 2);
        CHECK(got.spikes == 3);
        CHECK(got.trends[0].steps == 7);
        CHECK(got.trends[0].variance == 1.0 / 3);
        CHECK(got.tallies[0].samples == progress.tallies[0].samples);
        CHECK(got.tallies[0].valid == progress.tallies[0].valid);
    }

    TEST_CASE_FIXTURE(StoreFixture, "what is not finite is not saved") {
        const auto store = reader();
        Training training(store, {"policy"}, compute::Precision::f32);
        training.run(1);
        training.trainer().optimiser().second()[0] = std::numeric_limits<float>::infinity();
        CHECK_THROWS_WITH_AS(
            training.save(dir() / "c"),
            "step 1: tensor adamw.second.embed.rtg.weight holds inf, expected finite numbers "
            "(lower --learning-rate or --clip)",
            DivergedError);
        CHECK(!std::filesystem::exists(dir() / "c"));
    }

    TEST_CASE_FIXTURE(StoreFixture, "a damaged or foreign checkpoint is named") {
        const auto store = reader();
        Training training(store, {"policy"}, compute::Precision::f32);
        training.run(2);
        training.save(dir() / "c");
        const auto whole = store::read_file(dir() / "c", 10'000'000);
        for (std::size_t place = 0; place < whole.size(); place += 419) {
            CAPTURE(place);
            auto flipped = whole;
            flipped[place] = static_cast<char>(flipped[place] ^ 4);
            store::write_file(dir() / "flipped", flipped, store::Overwrite::allow);
            CHECK(!refusal(dir() / "flipped", training).empty());
            store::write_file(dir() / "cut", whole.substr(0, place), store::Overwrite::allow);
            CHECK(!refusal(dir() / "cut", training).empty());
        }
        Training other(store, {"policy", "inverse"}, compute::Precision::f32);
        CHECK(refusal(dir() / "c", other).find("does not fit config.json") != std::string::npos);
        Training two(store, {"policy", "policy:weight=2"}, compute::Precision::f32);
        CHECK(refusal(dir() / "c", two).find("is of 1 objectives, expected 2") !=
              std::string::npos);
        store::write_safetensors(dir() / "model", store::Overwrite::refuse, {}, {{"format", "pt"}});
        CHECK(refusal(dir() / "model", training).find("is not a checkpoint") != std::string::npos);
    }
}

}  // namespace mast::train
