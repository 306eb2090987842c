// Each kind of file, damaged in hundreds of places: refused in one line, or read as it was.
#include "damage/damage.h"

#include <doctest/doctest.h>

#include <fstream>

#include "base/error.h"
#include "ingest/confined_source.h"
#include "mask/catalogue.h"
#include "store/safetensors.h"
#include "support/small_store.h"
#include "support/temp_dir.h"
#include "support/tiny_model.h"
#include "support/whole_batches.h"
#include "support/whole_content.h"
#include "train/batch_source.h"
#include "train/checkpoint.h"
#include "train/run_folder.h"
#include "train/write_batches.h"

using namespace mast;
using test::read_damaged;
using test::Tally;

namespace {

void report(const Tally& tally) {
    MESSAGE("refused ", tally.refused, ", harmless ", tally.harmless, ", changed ", tally.changed);
    for (const auto& line : tally.bad)
        FAIL_CHECK(line);
}

/// What must be found by `mast verify` counts as refused.
void refuse_damage(const std::filesystem::path& path, const std::vector<std::string>& damage) {
    if (!damage.empty()) fail<DataError>("{}: {}", path.string(), damage.front());
}

std::string whole_store(const std::filesystem::path& path) {
    auto content = test::content_of_store(path);
    refuse_damage(path, store::TrajectoryReader(path).damage());
    return content;
}

std::string whole_batches(const std::filesystem::path& path) {
    auto content = test::content_of_batches(path);
    refuse_damage(path, mask::BatchFileReader(path).damage());
    return content;
}

/// A foreign file by way of the confined reader; the rows that arrive.
class Rows : public ingest::EpisodeSink {
  public:
    void append(const store::StepBlock& block) override {
        text += fmt::format("{} {} {} {}\n", block.obs, block.act, block.classes, block.rew);
    }
    void end_episode(store::End end, std::span<const float> final_obs) override {
        text += fmt::format("end {} {}\n", static_cast<int>(end), final_obs);
    }
    std::string text;
};

std::string whole_foreign(const std::filesystem::path& path) {
    const ingest::InputFile file(path);
    ingest::ConfinedSource source(file, nullptr, {}, {std::int64_t{512} << 20U, 5}, [] {});
    Rows rows;
    source.read(rows);
    const auto& spec = source.description().spec;
    for (const auto& part : spec.components)
        rows.text += fmt::format("{} {}\n", part.name, part.width);
    return rows.text;
}

/// Bytes of plain arrays carry no sum that would tell of a change; everything else does or is
/// refused.
void check_foreign(const std::string& name) {
    const auto path =
        std::filesystem::path(MAST_SOURCE_DIR) / "tests/cli/ingest/files" / (name + ".hdf5");
    const auto tally = read_damaged(path, whole_foreign);
    report(tally);
    CHECK(tally.refused > 0);
}

}  // namespace

TEST_SUITE("damage") {
    TEST_CASE("a store is refused, or reads as it was") {
        for (const bool discrete : {false, true}) {
            const test::TempDir dir;
            test::SmallStore{{7, 5, 9}, discrete, {}, discrete}.write(dir / "s.h5");
            const auto tally = read_damaged(dir / "s.h5", whole_store);
            report(tally);
            CHECK(tally.changed == 0);
        }
    }

    TEST_CASE("batches are refused, or read as they were") {
        const test::TempDir dir;
        test::SmallStore{{7, 5, 9}, true, {}, true}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        const mask::Layout layout("obs,act");
        train::StoreSource source(
            store, store::Split::train,
            {mask::make_objective("inverse", layout, 3), mask::make_objective("bert", layout, 3)},
            4, 0);
        test::write_batches(source, dir / "b.h5", 2);
        const auto tally = read_damaged(dir / "b.h5", whole_batches);
        report(tally);
        CHECK(tally.changed == 0);
    }

    TEST_CASE("tensors are refused, or read as they were") {
        const test::TempDir dir;
        const std::vector<float> values{0.5F, -1.0F, 2.0F, 3.0F, 4.0F, 5.0F};
        store::write_safetensors(dir / "m.safetensors", store::Overwrite::refuse,
                                 {{"a.weight", {2, 2}, std::span(values).first(4)},
                                  {"b", {2}, std::span(values).last(2)}},
                                 {{"format", "pt"}});
        const auto tally = read_damaged(dir / "m.safetensors", [](const auto& path) {
            const store::Safetensors file(path);
            std::string text;
            for (const auto& tensor : file.tensors()) {
                text += fmt::format("{} {} {}\n", tensor.name, to_text(tensor.shape),
                                    file.values(tensor));
            }
            return text;
        });
        report(tally);
    }

    TEST_CASE("a checkpoint is refused, or read as it was") {
        const test::TempDir dir;
        test::SmallStore{{7, 5, 9}, true}.write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        train::StoreSource source(store, store::Split::train,
                                  {mask::make_objective("policy", mask::Layout("obs,act"), 3)}, 2,
                                  0);
        auto config = test::tiny_config();
        config.context = 3;
        config.layers = 1;
        config.width = 8;
        config.outputs = model::outputs_for(source.objectives());
        model::Transformer model(config);
        model::initialise(model.table(), config, 1, model.values());
        train::Trainer trainer(model, source, {});
        trainer.step();
        train::write_checkpoint(dir / "c.safetensors", model, trainer, {"policy"}, "b");
        const auto tally = read_damaged(dir / "c.safetensors", [&](const auto& path) {
            const train::Checkpoint checkpoint(path, model.table());
            checkpoint.read_model(model, "b");
            checkpoint.read_training(trainer);
            return fmt::format("{} {} {} {}", model.values(), trainer.optimiser().first(),
                               trainer.optimiser().second(), trainer.progress().tokens);
        });
        report(tally);
        CHECK(tally.changed == 0);
    }

    TEST_CASE("a configuration is refused, or is one") {
        const test::TempDir dir;
        train::RunConfig config;
        config.model = test::tiny_config();
        config.objectives = {"policy"};
        config.scaler = window::Scaler({{{0.5F, -1}, {}, {}, {}}}, {{{1, 2}, {}, {}, {}}});
        config.history = {{"mast pretrain s.h5 -o run", "0.1.0", 7, {"s.h5 xxh3:0"}}};
        store::write_file(dir / "config.json", train::to_json(config), store::Overwrite::refuse);
        report(read_damaged(dir / "config.json", [](const auto& path) {
            const auto text = store::read_file(path, std::size_t{1} << 20U);
            return train::to_json(train::run_config_from_json(text, path.string()));
        }));
    }

    TEST_CASE("an objective in a file is refused, or is one") {
        const test::TempDir dir;
        std::ofstream(dir / "o.json")
            << R"({"name": "gap", "attend": "k.step<=q.step", "hide": [3, 5],)"
            << R"( "predict": [{"token": 3, "row": 4}, {"token": 5, "row": 5}], "weight": 0.5})";
        report(read_damaged(dir / "o.json", [](const auto& path) {
            const auto objective =
                mask::make_objective(fmt::format("@{}", path.string()), mask::Layout("obs,act"), 3);
            return fmt::format("{} {} {}", objective.spec, objective.attend, objective.readout);
        }));
    }

    TEST_CASE("foreign files are refused, or read: flat") {
        check_foreign("flat");
    }
    TEST_CASE("foreign files are refused, or read: robomimic") {
        check_foreign("robomimic");
    }
    TEST_CASE("foreign files are refused, or read: d3rlpy") {
        check_foreign("d3rlpy");
    }
    TEST_CASE("foreign files are refused, or read: packed") {
        check_foreign("packed");
    }
    TEST_CASE("foreign files are refused, or read: minari") {
        check_foreign("minari");
    }
}
