#include "mast/training_input.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "base/error.h"
#include "mast/objective_options.h"
#include "mast/options.h"
#include "store/header.h"
#include "train/fit.h"

namespace mast::cli {

namespace {

TrainingInput open_batches(const std::vector<std::string>& paths, const train::RunConfig& run,
                           Terminal& terminal) {
    TrainingInput input;
    auto source = std::make_unique<train::BatchFileSource>(
        std::vector<std::filesystem::path>(paths.begin(), paths.end()));
    for (const auto& objective : source->objectives())
        refuse_leaks(objective, run.model.layers, run.allow_leaks, terminal);
    for (std::size_t i = 0; i < paths.size(); ++i)
        input.files.push_back({paths[i], source->file(i).content_hash()});
    input.history = source->file(0).history();
    input.source = std::move(source);
    return input;
}

train::Acting acting_of(const store::TrajectoryReader& store) {
    train::Acting acting{store.spec().discount, {}, {}};
    const auto& actions = store.statistics(store::Modality::act);
    acting.least.assign(actions.min.begin(), actions.min.end());
    acting.most.assign(actions.max.begin(), actions.max.end());
    return acting;
}

TrainingInput open_store(const std::string& path, const train::RunConfig& run, Terminal& terminal) {
    const auto build = [&] {
        return build_objectives(run.objectives, run.model.layout, run.model.context,
                                run.model.layers, run.allow_leaks, terminal);
    };
    auto objectives = build();
    TrainingInput input;
    input.store = std::make_unique<store::TrajectoryReader>(path);
    if (run.trunk) train::expect_fit(*input.store, run.model, run.components);
    // A trunk goes on with the scaling that it was trained with.
    const auto scaler = run.trunk ? std::optional(run.scaler) : std::nullopt;
    const window::EpisodeChoice episodes(store::Split::train, run.episodes, run.seed);
    input.source = std::make_unique<train::StoreSource>(
        *input.store, episodes, std::move(objectives), run.batch_size, run.seed, run.steps,
        run.accumulate, scaler);
    if (run.eval_every > 0) {
        input.held_out = std::make_unique<train::StoreSource>(
            *input.store, store::Split::val, build(), run.batch_size, run.seed, 0, 1, scaler);
    }
    input.components = input.store->spec().components;
    input.acting = acting_of(*input.store);
    input.history = input.store->history();
    input.files = {{path, input.store->content_hash()}};
    return input;
}

}  // namespace

std::vector<std::string> names_and_hashes(const TrainingInput& input) {
    auto names = input.names;
    for (const auto& file : input.files)
        names.push_back(fmt::format("{} {}", file.path, file.content));
    return names;
}

bool are_batches(const std::vector<std::string>& paths) {
    for (const auto& path : paths)
        refuse_stream(path, "input");
    return store::read_header(store::h5::File::open(paths.front()), "").kind == store::kBatches;
}

TrainingInput open_input(const std::vector<std::string>& paths, const train::RunConfig& run,
                         Terminal& terminal) {
    if (are_batches(paths)) return open_batches(paths, run, terminal);
    if (paths.size() > 1) {
        fail<UsageError>("{} stores, expected one (mast ingest joins several files into one)",
                         paths.size());
    }
    return open_store(paths.front(), run, terminal);
}

}  // namespace mast::cli
