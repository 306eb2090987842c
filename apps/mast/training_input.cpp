#include "mast/training_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/error.h"
#include "mast/objective_options.h"
#include "mast/options.h"
#include "mast/store_paths.h"
#include "store/header.h"
#include "train/fit.h"
#include "train/mixed_source.h"

namespace mast::cli {

namespace {

TrainingInput open_batches(const std::vector<InputSet>& inputs, const train::RunConfig& run,
                           Terminal& terminal) {
    TrainingInput input;
    std::vector<std::filesystem::path> paths;
    for (const auto& set : inputs)
        paths.insert(paths.end(), set.files.begin(), set.files.end());
    auto source = std::make_unique<train::BatchFileSource>(paths);
    for (const auto& objective : source->objectives())
        refuse_leaks(objective, run.model.layers, run.allow_leaks, terminal);
    for (std::size_t i = 0; i < paths.size(); ++i)
        input.files.push_back({paths[i].string(), source->file(i).content_hash()});
    input.history = source->file(0).history();
    input.acting = source->file(0).recorded();
    input.source = std::move(source);
    return input;
}

using Store = std::unique_ptr<store::TrajectoryReader>;

std::vector<mask::Objective> objectives_of(const train::RunConfig& run, Terminal& terminal) {
    return build_objectives(run.objectives, run.model.layout, run.model.context, run.model.layers,
                            run.allow_leaks, terminal);
}

void add_files(const store::TrajectoryReader& store, TrainingInput& input) {
    for (const auto& file : store.files())
        input.files.push_back({file.path.string(), file.content});
}

TrainingInput open_store(const InputSet& set, const train::RunConfig& run, Terminal& terminal) {
    auto objectives = objectives_of(run, terminal);
    TrainingInput input;
    const auto& store =
        *input.stores.emplace_back(std::make_unique<store::TrajectoryReader>(set.files));
    if (run.trunk) train::expect_fit(store, run.model, run.components);
    // A trunk goes on with the scaling that it was trained with.
    const auto scaler = run.trunk ? std::optional(run.scaler.filled_by(store)) : std::nullopt;
    const window::EpisodeChoice episodes(store::Split::train, run.episodes, run.seed);
    input.source =
        std::make_unique<train::StoreSource>(store, episodes, std::move(objectives), run.batch_size,
                                             run.seed, run.steps, run.accumulate, scaler);
    if (run.eval_every > 0) {
        input.held_out = std::make_unique<train::StoreSource>(
            store, store::Split::val, objectives_of(run, terminal), run.batch_size, run.seed, 0, 1,
            scaler);
    }
    input.components = store.spec().components;
    input.acting = window::recorded_in(store);
    input.history = store.history();
    add_files(store, input);
    return input;
}

/// Shares that were not asked for follow the number of windows.
std::vector<double> shares_of(const train::RunConfig& run, const std::vector<Store>& stores) {
    std::vector<double> shares;
    for (std::size_t d = 0; d < stores.size(); ++d) {
        const window::WindowIndex index(*stores[d], store::Split::train, run.model.context);
        const auto asked = run.domains[d].share;
        shares.push_back(asked > 0 ? asked : static_cast<double>(index.count()));
    }
    return shares;
}

std::unique_ptr<train::BatchSource> mix(const std::vector<Store>& stores, store::Split split,
                                        const train::RunConfig& run,
                                        const train::DomainOrder& order, Terminal& terminal) {
    std::vector<std::unique_ptr<train::BatchSource>> parts;
    for (std::size_t d = 0; d < stores.size(); ++d) {
        // Curricula grow with the batches of a domain, of which there are so many.
        const auto batches = order.share(d) * static_cast<double>(run.steps * run.accumulate);
        const auto steps = split == store::Split::train ? std::llround(batches) : 0;
        parts.push_back(std::make_unique<train::StoreSource>(
            *stores[d], split, objectives_of(run, terminal), run.batch_size, run.seed, steps));
    }
    return std::make_unique<train::MixedSource>(std::move(parts), order);
}

/// Stores of several domains, which the run names.
TrainingInput open_stores(const std::vector<InputSet>& sets, const train::RunConfig& run,
                          Terminal& terminal) {
    TrainingInput input;
    for (const auto& set : sets) {
        const auto& store =
            *input.stores.emplace_back(std::make_unique<store::TrajectoryReader>(set.files));
        add_files(store, input);
        input.history = store::join(input.history, store.history());
    }
    const auto shares = shares_of(run, input.stores);
    const train::DomainOrder order(shares, run.seed);
    input.source = mix(input.stores, store::Split::train, run, order, terminal);
    if (run.eval_every > 0)
        input.held_out = mix(input.stores, store::Split::val, run, order, terminal);
    for (std::size_t d = 0; d < sets.size(); ++d) {
        const auto& store = *input.stores[d];
        const auto& name = run.domains[d].name;
        input.domains.push_back({name, window::channels_of(store, run.model.layout.modalities())});
        input.data.push_back({name, shares[d], window::Scaler(store), store.spec().components,
                              window::recorded_in(store)});
    }
    return input;
}

}  // namespace

std::vector<std::string> names_and_hashes(const TrainingInput& input) {
    auto names = input.names;
    for (const auto& file : input.files)
        names.push_back(fmt::format("{} {}", file.path, file.content));
    return names;
}

std::vector<InputSet> join_inputs(const std::vector<std::string>& words) {
    std::vector<std::filesystem::path> paths;
    std::vector<std::string> word_of;  // by path
    for (const auto& word : words) {
        refuse_stream(word, "input");
        for (auto& path : matches(word)) {
            paths.push_back(std::move(path));
            word_of.push_back(word);
        }
    }
    std::vector<InputSet> sets;
    for (auto& files : store::join_shards(paths)) {
        const auto first = std::find(paths.begin(), paths.end(), files.front()) - paths.begin();
        sets.push_back({word_of[static_cast<std::size_t>(first)], std::move(files)});
    }
    return sets;
}

bool are_batches(const std::vector<InputSet>& inputs) {
    const auto file = store::h5::File::open(inputs.front().files.front());
    return store::read_header(file, "").kind == store::kBatches;
}

TrainingInput open_input(const std::vector<InputSet>& inputs, const train::RunConfig& run,
                         Terminal& terminal) {
    if (are_batches(inputs)) return open_batches(inputs, run, terminal);
    if (inputs.size() == 1) return open_store(inputs.front(), run, terminal);
    return open_stores(inputs, run, terminal);
}

}  // namespace mast::cli
