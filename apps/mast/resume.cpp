#include "mast/resume.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "mast/build_id.h"
#include "mast/memory.h"
#include "mast/model_options.h"
#include "mast/together.h"
#include "mast/training_input.h"
#include "mast/training_options.h"
#include "mast/training_session.h"
#include "store/safetensors.h"
#include "train/checkpoint.h"
#include "train/run_folder.h"
#include "train/run_writer.h"

namespace fs = std::filesystem;

namespace mast::cli {

namespace {

fs::path folder_to_resume(const Options& options) {
    fs::path folder = options["resume"].as<std::string>();
    if (options["overwrite"].as<bool>()) {
        fail<UsageError>("--resume: contradicts --overwrite, expected one of them (leave one out)");
    }
    if (options.count("output") != 0) {
        const fs::path output = options["output"].as<std::string>();
        if ((output / "").lexically_normal() != (folder / "").lexically_normal()) {
            fail<UsageError>(
                "--output: is {}, but --resume goes on in {}, expected one folder "
                "(leave --output out)",
                output.string(), folder.string());
        }
    }
    return folder;
}

/// Batches of the same samples may be cut, or weighted, otherwise.
void expect_same_batches(const train::BatchSource& source, const train::RunConfig& run) {
    std::vector<std::string> specs;
    for (const auto& objective : source.objectives())
        specs.push_back(objective.spec);
    if (source.batch_size() == run.batch_size && specs == run.objectives) return;
    fail<DataError>(
        "{}: has batches of {} windows under {}, expected {} under {} as when the run was started "
        "(give the same data, or start another run)",
        run.inputs.front().path, source.batch_size(), fmt::join(specs, " "), run.batch_size,
        fmt::join(run.objectives, " "));
}

/// The data given, else those recorded; their content must be what the run was started with.
TrainingInput open_same_input(const Context& context, const train::RunConfig& run) {
    std::vector<std::string> words;
    if (context.options.count("input") != 0) {
        words = input_paths(context.options);
    } else {
        for (const auto& file : run.inputs)
            words.push_back(file.path);
    }
    if (run.inputs.empty()) {
        fail<DataError>(
            "config.json: names no inputs, expected those of the training (start it "
            "again with --overwrite)");
    }
    const auto sets = join_inputs(words);
    std::size_t files = 0;
    for (const auto& set : sets)
        files += set.files.size();
    if (files != run.inputs.size()) {
        fail<UsageError>(
            "{} inputs, expected the {} that the run was started with (leave them out)", files,
            run.inputs.size());
    }
    if (sets.size() > 1 && sets.size() != run.domains.size() && !are_batches(sets)) {
        fail<UsageError>(
            "{} stores, expected the one whose shards the run was started with (leave them out)",
            sets.size());
    }
    auto input = open_input(sets, run, context.terminal);
    for (std::size_t i = 0; i < files; ++i) {
        if (input.files[i].content == run.inputs[i].content) continue;
        fail<DataError>(
            "{}: has content {}, expected {}, that of {} when the run was started (give "
            "the same data, or start another run)",
            input.files[i].path, input.files[i].content, run.inputs[i].content, run.inputs[i].path);
    }
    expect_same_batches(*input.source, run);
    return input;
}

/// The step of model.safetensors; 0 where there is none, or none that is whole.
std::int64_t saved_step(const fs::path& folder, Terminal& terminal) {
    try {
        const auto path = folder / train::kModelFile;
        if (fs::exists(path)) const store::Safetensors whole(path);
        return train::model_step(folder);
    } catch (const Error& error) {
        terminal.warn(fmt::format("{}; it is written anew at the end", error.what()));
        return 0;
    }
}

/// Whether nothing is left to do. Throws UsageError if the run is beyond the steps asked for.
bool is_done(const fs::path& folder, const train::RunConfig& run, Terminal& terminal) {
    const auto step = saved_step(folder, terminal);
    if (step > run.steps) {
        fail<UsageError>("--steps: is {}, but {} is at step {}, expected more", run.steps,
                         folder.string(), step);
    }
    if (step < run.steps) return false;
    terminal.warn(fmt::format("{}: already has its {} steps (give more --steps to go on)",
                              folder.string(), run.steps));
    return true;
}

/// Takes up the newest checkpoint that is whole; nothing if there never was one.
std::optional<train::Machine> restore_newest(const fs::path& folder, model::Transformer& model,
                                             train::Trainer& trainer, Terminal& terminal) {
    const auto all = train::checkpoints_of(folder);
    for (const auto& [step, path] : all) {
        try {
            const train::Checkpoint checkpoint(path, model.table());
            checkpoint.read_model(model, build_id());
            checkpoint.read_training(trainer);
            return checkpoint.machine();
        } catch (const Error& error) {
            terminal.warn(fmt::format("{}; it is skipped", error.what()));
        }
    }
    if (!all.empty() || fs::exists(folder / train::kModelFile)) {
        fail<DataError>(
            "{}: has no whole checkpoint, expected one to go on from (start it again "
            "with --overwrite)",
            folder.string());
    }
    return std::nullopt;
}

/// Before its first checkpoint a run has drawn its network, or taken it from another run.
void begin_again(const fs::path& folder, const train::RunConfig& run, model::Transformer& model) {
    if (run.trunk && !run.trunk->from_scratch) {
        fail<DataError>(
            "{}: was stopped before what it took from {} was saved, expected a checkpoint (start "
            "it again with --overwrite)",
            folder.string(), run.trunk->run);
    }
    model::initialise(model.table(), model.config(), run.seed, model.values());
}

/// What may make the rest of the training differ in its last bits.
void warn_of_differences(const fs::path& checkpoint, const std::optional<train::Machine>& then,
                         const train::Machine& now, Terminal& terminal) {
    if (!then || *then == now) return;
    const auto made = then->isa != now.isa ? fmt::format("with {}, this machine computes with {}",
                                                         then->isa, now.isa)
                                           : "by another build of this program";
    terminal.warn(
        fmt::format("{}: was made {}, expected the same for the same bits (results may "
                    "differ in their last digits)",
                    checkpoint.string(), made));
}

void warn_of_more_steps(std::int64_t before, std::int64_t now, std::int64_t at,
                        Terminal& terminal) {
    if (before == now) return;
    terminal.warn(
        fmt::format("--steps: is {}, but the run was started with {}: after step {} rate and "
                    "curricula are those "
                    "of {} steps (a run of {} steps from the start would differ)",
                    now, before, at, now, now));
}

/// The training as it was when it was saved last; nothing if nothing is left to do.
std::optional<Training> take_up(Context& context, const fs::path& folder) {
    auto& terminal = context.terminal;
    const auto before = train::read_run_config(folder);
    refuse_contradictions(context.options, before);
    auto run = changed_run(context.options, before);
    if (is_done(folder, run, terminal)) return std::nullopt;
    auto input = open_same_input(context, run);
    check_memory(run, *input.source, context.processes);

    const auto precision = precision_of(run.precision);
    auto model = std::make_unique<model::Transformer>(run.model, precision);
    model->freeze(train::frozen_tensors(run));
    auto trainer = std::make_unique<train::Trainer>(
        *model, *input.source, training_of(run, input.source->objectives()), context.processes);
    const auto machine = restore_newest(folder, *model, *trainer, terminal);
    if (!machine) begin_again(folder, run, *model);
    if (trainer->steps() > run.steps) {
        fail<UsageError>("--steps: is {}, but {} is at step {}, expected more", run.steps,
                         folder.string(), trainer->steps());
    }
    warn_of_differences(train::checkpoint_path(folder, trainer->steps()), machine,
                        train::this_machine(precision, build_id()), terminal);
    warn_of_more_steps(before.steps, run.steps, trainer->steps(), terminal);

    run.inputs = input.files;
    run.history.push_back(context.history_entry(names_and_hashes(input)));
    run.history.back().seed = run.seed;
    return Training{std::move(run), std::move(input), std::move(model), std::move(trainer)};
}

/// Processes that read other files, as from folders that are not shared, would train apart.
void expect_same_state(Context& context, std::optional<Training>& training) {
    if (context.processes.count() == 1) return;
    std::string state = "nothing-left";
    if (training) {
        Hasher hasher;
        const auto values = training->model->values();
        hasher.add(values.data(), values.size_bytes());
        state = fmt::format("step-{} {}", training->trainer->steps(), hash_text(hasher.value()));
    }
    expect_same(context.processes, "the checkpoint", state);
    if (!training) return;
    expect_same_data(context, training->input);
    expect_same_run(context, training->run);
}

}  // namespace

int resume_training(Context& context) {
    auto& processes = context.processes;
    const auto folder = together(processes, [&] { return folder_to_resume(context.options); });
    std::optional<train::RunWriter> writer;
    together(processes, [&] {
        if (context.is_first()) writer.emplace(train::RunWriter::reopen(folder, build_id()));
    });
    auto training = together(processes, [&] { return take_up(context, folder); });
    expect_same_state(context, training);
    if (!training) return kDone;
    together(processes, [&] {
        if (writer) writer->go_on_after(training->trainer->steps(), training->run);
    });
    return train_and_tell(context, *training, writer ? &*writer : nullptr);
}

}  // namespace mast::cli
