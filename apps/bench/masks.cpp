// What masks cost: bench_masks STORE. Two ratios, each taken in this one run:
//   - writing batches as `mast mask` does beside a plain contiguous write of as many bytes;
//   - gathering and masking a batch beside a training step at preset smart.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "compute/parallel.h"
#include "mask/batch_file.h"
#include "mask/catalogue.h"
#include "mask/masked_batches.h"
#include "model/preset.h"
#include "store/h5.h"
#include "train/trainer.h"
#include "window/loader.h"

using namespace mast;

namespace {

constexpr std::int64_t kBatch = 64;
constexpr std::int64_t kBatches = 400;
constexpr int kRounds = 5;

double seconds_now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

template <class Work>
double seconds_of(const Work& work) {
    const double start = seconds_now();
    work();
    return seconds_now() - start;
}

std::vector<mask::Objective> objectives_of(std::int64_t context) {
    const mask::Layout layout("obs,act");
    return {mask::make_objective("inverse", layout, context),
            mask::make_objective("random:ratio=0.15..0.6", layout, context)};
}

/// Everything that `mast mask` does between its command line and its result.
void write_batches(const store::TrajectoryReader& store, const std::filesystem::path& target,
                   std::int64_t context) {
    const auto objectives = objectives_of(context);
    window::Loader loader(store, store::Split::train, context,
                          objectives.front().layout.modalities(), 0);
    mask::BatchFileWriter writer(target, store::Overwrite::allow,
                                 {kBatches * kBatch, kBatch, -1.0F, false, 0}, loader.channels(),
                                 loader.scaler(), objectives, {});
    mask::MaskedBatches source(loader, objectives, kBatch, 0, kBatches, kBatches, 0,
                               compute::threads() > 1);
    for (std::int64_t b = 0; b < kBatches; ++b)
        writer.append(source.next());
    writer.finish();
}

/// As many bytes in one contiguous dataset, in as many writes, to the disk as well.
void write_plainly(const std::filesystem::path& target, std::int64_t bytes) {
    const std::int64_t row = bytes / kBatches / static_cast<std::int64_t>(sizeof(float));
    const std::vector<float> values(static_cast<std::size_t>(row), 0.5F);
    store::OutputFile output(target, store::Overwrite::allow);
    auto file = store::h5::File::create(output.temp_path(), target);
    {
        auto root = file.root();
        auto dataset = root.create_dataset<float>("plain", {kBatches, row});
        for (std::int64_t b = 0; b < kBatches; ++b)
            dataset.write(b, 1, values.data());
        dataset.close();
        root.close();
    }
    file.close();
    output.commit();
}

void bench_writing(const store::TrajectoryReader& store, const std::filesystem::path& folder) {
    const auto context = model::find_preset("smart").context;
    std::vector<double> ours;
    std::vector<double> plain;
    std::int64_t bytes = 0;
    for (int round = 0; round < kRounds; ++round) {
        // New files each time: taking an old one's pages away is not writing.
        std::filesystem::remove(folder / "batches.h5");
        std::filesystem::remove(folder / "plain.h5");
        ours.push_back(seconds_of([&] { write_batches(store, folder / "batches.h5", context); }));
        bytes = static_cast<std::int64_t>(std::filesystem::file_size(folder / "batches.h5"));
        plain.push_back(seconds_of([&] { write_plainly(folder / "plain.h5", bytes); }));
    }
    const auto mb = static_cast<double>(bytes) / 1e6;
    const double best = *std::min_element(ours.begin(), ours.end());
    const double best_plain = *std::min_element(plain.begin(), plain.end());
    fmt::print("masked batches {:7.0f} MB {:8.0f} MB/s, plain write {:8.0f} MB/s, share {:.2f}\n",
               mb, mb / best, mb / best_plain, best_plain / best);
}

void bench_step(const store::TrajectoryReader& store) {
    const auto& preset = model::find_preset("smart");
    train::StoreSource source(store, store::Split::train, objectives_of(preset.context), kBatch, 0);
    model::ModelConfig config;
    config.context = preset.context;
    config.layers = preset.layers;
    config.heads = preset.heads;
    config.width = preset.width;
    config.channels = source.channels();
    config.outputs = model::outputs_for(source.objectives());
    model::Transformer model(config);
    model::initialise(model.table(), config, 0, model.values());
    train::Trainer trainer(model, source, {{1e-4, 0, 10, 0.1}, {}, 1.0, {}});
    mask::Batch batch;
    trainer.step();
    double step = 1e9;
    double load = 1e9;
    for (int round = 0; round < kRounds; ++round) {
        step = std::min(step, seconds_of([&] { trainer.step(); }));
        load = std::min(load, seconds_of([&] { source.load(100 + round, batch); }));
    }
    fmt::print(
        "windows and masks {:6.2f} ms of a step of {:8.1f} ms at preset smart, share {:.4f}\n",
        1e3 * load, 1e3 * step, load / step);
}

}  // namespace

// An exception here is a broken benchmark: it may end the program.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
    if (argc != 2) {
        fmt::print(stderr,
                   "bench_masks: expected one argument, a store (make one with mast ingest)\n");
        return 2;
    }
    const store::TrajectoryReader store(argv[1]);
    const auto folder = std::filesystem::path(argv[1]).parent_path();
    bench_writing(store, folder);
    bench_step(store);
    return std::fflush(stdout) == 0 ? 0 : 1;
}
