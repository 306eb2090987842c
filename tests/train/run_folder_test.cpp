#include "train/run_folder.h"

#include <doctest/doctest.h>

#include <fstream>
#include <functional>
#include <limits>
#include <string>

#include "base/error.h"
#include "store/safetensors.h"
#include "support/temp_dir.h"
#include "support/tiny_model.h"
#include "train/run_writer.h"
#include "train/tensor_file.h"

namespace mast::train {

namespace fs = std::filesystem;
using store::Overwrite;

namespace {

RunConfig small_run() {
    RunConfig config;
    config.model = test::tiny_config();
    config.scaler = window::Scaler({{{1.5F, -2.0F}, {}, {}, {}}}, {{{0.1F, 3.0F}, {}, {}, {}}});
    config.objectives = {"policy", "random:ratio=0.3,of=obs"};
    config.components = {{"observation/joint \"a\"", 0, 2}};
    config.steps = 7;
    config.batch_size = 8;
    config.accumulate = 3;
    config.dropout = 0.1;
    config.learning_rate = 1e-3;
    config.inputs = {{"s.h5", "xxh3:12"}};
    config.preset = "dt";
    config.warmup = 2;
    config.weight_decay = 0.25;
    config.clip = 0.5;
    config.weights = {"2:policy=0.5"};
    config.precision = "bf16";
    config.eval_every = 3;
    config.checkpoint_every = 4;
    config.keep = 5;
    config.allow_leaks = true;
    config.seed = 18446744073709551615U;
    config.history = {{"mast pretrain", "0.1.0", 4, {"s.h5 xxh3:12"}}};
    return config;
}

model::Transformer drawn(std::uint64_t seed) {
    model::Transformer network(test::tiny_config());
    model::initialise(network.table(), network.config(), seed, network.values());
    return network;
}

/// A finished run at `folder`.
void write_run(const fs::path& folder, model::Transformer&& network) {
    auto writer = RunWriter::create(folder, Overwrite::refuse, small_run(), "");
    writer.metrics("{\"step\":1}");
    writer.metrics("{\"step\":2}");
    writer.finish(network, 7, std::nullopt);
}

std::string refusal(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

bool contains(const std::string& text, const std::string& part) {
    CAPTURE(text);
    CAPTURE(part);
    CHECK(text.find(part) != std::string::npos);
    return true;
}

}  // namespace

TEST_SUITE("train/run_folder") {
    TEST_CASE("a run comes back as it was written") {
        const test::TempDir dir;
        write_run(dir / "run", drawn(5));
        const auto run = open_run(dir / "run", "");
        const auto& model = run.config.model;
        CHECK(model.layout.text() == "obs,act");
        CHECK(model.context == 5);
        CHECK(model.layers == 2);
        CHECK(model.heads == 2);
        CHECK(model.width == 16);
        CHECK(model.channels[1].dim == 3);
        CHECK(model.channels[1].discrete);
        CHECK(model.outputs == test::tiny_config().outputs);
        CHECK(run.config.objectives == small_run().objectives);
        CHECK(run.config.components[0].name == "observation/joint \"a\"");
        CHECK(run.config.components[0].width == 2);
        CHECK(run.config.steps == 7);
        CHECK(run.config.batch_size == 8);
        CHECK(run.config.accumulate == 3);
        CHECK(run.config.dropout == 0.1);
        CHECK(run.config.inputs == small_run().inputs);
        CHECK(run.config.preset == "dt");
        CHECK(run.config.warmup == 2);
        CHECK(run.config.weight_decay == 0.25);
        CHECK(run.config.clip == 0.5);
        CHECK(run.config.weights == small_run().weights);
        CHECK(run.config.precision == "bf16");
        CHECK(run.config.eval_every == 3);
        CHECK(run.config.checkpoint_every == 4);
        CHECK(run.config.keep == 5);
        CHECK(run.config.allow_leaks);
        CHECK(run.config.seed == 18446744073709551615U);
        CHECK(run.config.history[0].inputs[0] == "s.h5 xxh3:12");
        // Single precision survives the text exactly.
        CHECK(run.config.scaler.mean(store::Modality::obs)[1] == -2.0F);
        CHECK(run.config.scaler.scale(store::Modality::obs)[0] == 0.1F);
        CHECK(std::ranges::equal(run.model.values(), drawn(5).values()));
        CHECK(store::read_file(dir / "run/metrics.jsonl", 1000) == "{\"step\":1}\n{\"step\":2}\n");
    }

    TEST_CASE("an existing run is replaced only when asked, anything else never") {
        const test::TempDir dir;
        write_run(dir / "run", drawn(5));
        contains(refusal([&] { check_run_target(dir / "run", Overwrite::refuse); }),
                 "already exists, a run at step 0, expected a new name (use --resume to go on with "
                 "it, --overwrite to replace it)");
        check_run_target(dir / "run", Overwrite::allow);
        fs::create_directory(dir / "mine");
        contains(refusal([&] { check_run_target(dir / "mine", Overwrite::allow); }),
                 "is not a run");
        std::ofstream(dir / "file") << "mine";
        contains(refusal([&] { check_run_target(dir / "file", Overwrite::allow); }),
                 "is not a run");
        contains(refusal([&] { check_run_target(dir / "no/run", Overwrite::refuse); }),
                 "does not exist, expected a folder");
        check_run_target(dir / "new/", Overwrite::refuse);
    }

    TEST_CASE("a run that did not end is not taken for one that did") {
        const test::TempDir dir;
        write_run(dir / "run", drawn(5));
        {
            auto writer = RunWriter::create(dir / "run", Overwrite::allow, small_run(), "");
            writer.metrics("{}");
        }
        contains(refusal([&] { open_run(dir / "run", ""); }), "has no model.safetensors");
        contains(refusal([&] { open_run(dir / "none", ""); }), "is not a run");
    }

    TEST_CASE("tensors that are missing, superfluous, of another shape or not finite are named") {
        const test::TempDir dir;
        write_run(dir / "run", drawn(5));
        auto network = drawn(5);
        const auto file = dir / "run/model.safetensors";
        const auto rewrite = [&](const std::vector<store::TensorView>& tensors) {
            store::write_safetensors(file, Overwrite::allow, tensors, {});
            return refusal([&] { open_run(dir / "run", ""); });
        };
        auto tensors = tensors_of(network.table(), network.values(), "");
        CHECK(rewrite(tensors).empty());

        const auto lost = tensors.back();
        tensors.pop_back();
        contains(rewrite(tensors), lost.name + " is missing");
        tensors.push_back(lost);
        tensors.back().name = "other";
        contains(rewrite(tensors), lost.name + " is missing; other is not part of the model");
        tensors.back() = lost;
        std::swap(tensors[0].shape[0], tensors[0].shape[1]);
        contains(rewrite(tensors),
                 tensors[0].name + " has shape (2, 16), expected (16, 2) (are both of one run?)");
        std::swap(tensors[0].shape[0], tensors[0].shape[1]);
        network.values()[2] = std::numeric_limits<float>::quiet_NaN();
        contains(rewrite(tensors),
                 "tensor " + tensors[0].name + " holds nan at 2, expected finite numbers");
    }

    TEST_CASE("a configuration that is not one is named, and never believed") {
        const test::TempDir dir;
        write_run(dir / "run", drawn(5));
        const auto config = dir / "run/config.json";
        const auto whole = store::read_file(config, 100000);
        const auto with = [&](const std::string& text) {
            store::write_file(config, text, Overwrite::allow);
            const auto line = refusal([&] { open_run(dir / "run", ""); });
            CHECK(line.find('\n') == std::string::npos);
            return line;
        };
        // Every cut of the text but the closing newline is refused.
        for (std::size_t size = 0; size + 2 < whole.size(); size += 13) {
            CAPTURE(size);
            CHECK(!with(whole.substr(0, size)).empty());
        }
        const auto changed = [&](const std::string& from, const std::string& to) {
            auto text = whole;
            REQUIRE(text.find(from) != std::string::npos);
            return with(text.replace(text.find(from), from.size(), to));
        };
        contains(changed("\"layers\": 2", "\"layers\": 0"), "config.json");
        contains(changed("\"layers\": 2", "\"layers\": -1"), "config.json");
        contains(changed("\"layers\": 2", "\"layers\": \"two\""), "config.json");
        contains(changed("\"width\": 16", "\"width\": 1000000000000"), "config.json");
        contains(changed("\"width\": 16", "\"width\": 32"), "does not fit config.json");
        contains(changed("-2.0", "\"nan\""), "config.json");
        contains(changed("\"keep\": 5", "\"keep\": 0"), "keep is too small");
        contains(changed("\"accumulate\": 3", "\"accumulate\": \"3\""), "config.json");
        CHECK(with(whole).empty());
        // A run from before steps had several batches.
        CHECK(changed("\"accumulate\": 3,", "").empty());
    }
}

}  // namespace mast::train
