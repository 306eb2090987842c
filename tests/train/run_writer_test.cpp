#include "train/run_writer.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/error.h"
#include "mask/catalogue.h"
#include "support/temp_dir.h"
#include "train/checkpoint.h"
#include "train/linear_system.h"
#include "train/run_folder.h"

namespace mast::train {

namespace fs = std::filesystem;
using store::Overwrite;

namespace {

/// A training small enough to be saved after each step, and its configuration.
class Fixture {
  public:
    Fixture()
        : store_((test::LinearSystem{}.write(dir_ / "s.h5"), dir_ / "s.h5")),
          source_(store_, store::Split::train,
                  {mask::make_objective("policy", mask::Layout("obs,act"), 4)}, 4, 1),
          model_(network()),
          trainer_(model_, source_, {}) {
        model::initialise(model_.table(), model_.config(), 1, model_.values());
    }

    const test::TempDir& dir() const { return dir_; }
    model::Transformer& model() { return model_; }
    Trainer& trainer() { return trainer_; }
    RunConfig config() const {
        RunConfig config;
        config.model = model_.config();
        config.scaler = source_.scaler();
        config.objectives = {"policy"};
        config.steps = 100;
        config.batch_size = 4;
        config.checkpoint_every = 1;
        config.keep = 2;
        return config;
    }
    RunWriter create(Overwrite overwrite) {
        return RunWriter::create(dir_ / "run", overwrite, config(), "b");
    }
    std::string refusal(Overwrite overwrite, const RunConfig& wanted) {
        try {
            RunWriter::create(dir_ / "run", overwrite, wanted, "b");
        } catch (const Error& error) {
            return error.what();
        }
        return "";
    }
    std::vector<std::int64_t> saved_steps() const {
        std::vector<std::int64_t> steps;
        for (const auto& checkpoint : checkpoints_of(dir_ / "run"))
            steps.push_back(checkpoint.step);
        return steps;
    }

  private:
    model::ModelConfig network() const {
        model::ModelConfig config;
        config.channels = source_.channels();
        config.context = 4;
        config.layers = 1;
        config.heads = 1;
        config.width = 8;
        config.outputs = model::outputs_for(source_.objectives());
        return config;
    }

    test::TempDir dir_;
    store::TrajectoryReader store_;
    StoreSource source_;
    model::Transformer model_;
    Trainer trainer_;
};

}  // namespace

TEST_SUITE("train/run_writer") {
    TEST_CASE_FIXTURE(Fixture, "the last checkpoints stay, and what lies ahead is left alone") {
        auto writer = create(Overwrite::refuse);
        CHECK(writer.last_checkpoint().empty());
        for (int i = 0; i < 4; ++i) {
            trainer().step();
            writer.save(model(), trainer());
        }
        CHECK(saved_steps() == std::vector<std::int64_t>{4, 3});
        CHECK(writer.last_checkpoint() == dir() / "run/checkpoints/step-000000004.safetensors");
        std::ofstream(dir() / "run/checkpoints/step-000000009.safetensors") << "broken";
        std::ofstream(dir() / "run/checkpoints/mine.safetensors") << "mine";
        trainer().step();
        writer.save(model(), trainer());
        CHECK(saved_steps() == std::vector<std::int64_t>{9, 5, 4});
        CHECK(fs::exists(dir() / "run/checkpoints/mine.safetensors"));
    }

    TEST_CASE_FIXTURE(Fixture, "a run appears with its configuration, or not at all") {
        auto huge = config();
        huge.model.width = 1 << 19;
        huge.keep = 50;
        CHECK(refusal(Overwrite::refuse, huge).find("GB that the disk has left") !=
              std::string::npos);
        // Only the store is there, and no folder that was begun.
        CHECK(std::distance(fs::directory_iterator(dir().path()), {}) == 1);
        create(Overwrite::refuse);
        CHECK(read_run_config(dir() / "run").objectives == config().objectives);
    }

    TEST_CASE_FIXTURE(Fixture,
                      "what a run left that was killed at its start goes with the next one") {
        for (const char* name : {".run.7.0.tmp", ".run.8.0.tmp", ".other.7.0.tmp"}) {
            fs::create_directory(dir() / name);
            std::ofstream(dir() / name / "config.json") << "{";
        }
        const RunLock alive(dir() / ".run.8.0.tmp", dir() / "run");
        create(Overwrite::refuse);
        CHECK_FALSE(fs::exists(dir() / ".run.7.0.tmp"));
        CHECK(fs::exists(dir() / ".run.8.0.tmp/config.json"));
        CHECK(fs::exists(dir() / ".other.7.0.tmp"));
    }

    TEST_CASE_FIXTURE(Fixture, "a disk without room is told before anything is removed") {
        {
            auto writer = create(Overwrite::refuse);
            trainer().step();
            writer.save(model(), trainer());
            writer.finish(model(), 1, std::nullopt);
        }
        auto huge = config();
        huge.model.width = 1 << 19;
        CHECK(refusal(Overwrite::allow, huge).find("GB that the disk has left") !=
              std::string::npos);
        CHECK(saved_steps() == std::vector<std::int64_t>{1});
        CHECK(model_step(dir() / "run") == 1);
        CHECK(read_run_config(dir() / "run").model.width == 8);
    }

    TEST_CASE_FIXTURE(Fixture, "one writer at a time, whether it starts, replaces or goes on") {
        {
            const auto writer = create(Overwrite::refuse);
            CHECK(refusal(Overwrite::allow, config()).find("is being written by process ") !=
                  std::string::npos);
            CHECK_THROWS_AS(RunWriter::reopen(dir() / "run", "b"), IoError);
            read_run_config(dir() / "run");
        }
        RunWriter::reopen(dir() / "run/", "b");
        CHECK_THROWS_AS(RunWriter::reopen(dir() / "s.h5", "b"), IoError);
        CHECK_THROWS_AS(RunWriter::reopen(dir().path(), "b"), IoError);
        CHECK(!fs::exists(dir() / ".lock"));
    }

    TEST_CASE_FIXTURE(Fixture, "what goes on keeps the metrics up to its step, and no leftovers") {
        {
            auto writer = create(Overwrite::refuse);
            for (const char* line : {"{\"step\":1}", "{\"step\":2}", "{\"step\":3}"})
                writer.metrics(line);
            trainer().step();
            trainer().step();
            writer.save(model(), trainer());
        }
        std::ofstream(dir() / "run/.config.json.1.0.tmp") << "half";
        std::ofstream(dir() / "run/checkpoints/.step-000000003.safetensors.1.0.tmp") << "half";
        auto writer = RunWriter::reopen(dir() / "run", "b");
        CHECK(!fs::exists(dir() / "run/.config.json.1.0.tmp"));
        CHECK(!fs::exists(dir() / "run/checkpoints/.step-000000003.safetensors.1.0.tmp"));
        auto longer = writer.config();
        longer.steps = 200;
        writer.go_on_after(2, longer);
        CHECK(writer.last_checkpoint().filename() == "step-000000002.safetensors");
        writer.metrics("{\"step\":4}");
        CHECK(store::read_file(dir() / "run/metrics.jsonl", 1000) ==
              "{\"step\":1}\n{\"step\":2}\n{\"step\":4}\n");
        CHECK(read_run_config(dir() / "run").steps == 200);
    }

    TEST_CASE_FIXTURE(Fixture, "a network that does not compute as it did is not opened") {
        {
            auto writer = create(Overwrite::refuse);
            writer.finish(model(), 1, std::nullopt);
        }
        CHECK(open_run(dir() / "run", "b").config.steps == 100);
        // Other numbers under a hash of their own: only the self-test can tell.
        const auto path = dir() / "run/model.safetensors";
        const store::Safetensors file(path);
        std::vector<std::vector<float>> kept;
        std::vector<store::TensorView> tensors;
        for (const auto& tensor : file.tensors()) {
            kept.push_back(file.values(tensor));
            if (tensor.name == "blocks.0.mlp.fc.weight") kept.back()[3] += 0.5F;
            tensors.push_back({tensor.name, tensor.shape, kept.back()});
        }
        auto metadata = file.metadata();
        metadata.erase("xxh3_metadata");
        store::write_safetensors(path, Overwrite::allow, tensors, metadata);
        CHECK_THROWS_AS(open_run(dir() / "run", "b"), DataError);
    }
}

}  // namespace mast::train
