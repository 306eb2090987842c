// mast pretrain: trains a masked-trajectory transformer from a store or from batches.
#include <utility>

#include "base/error.h"
#include "mast/build_id.h"
#include "mast/commands.h"
#include "mast/memory.h"
#include "mast/model_options.h"
#include "mast/objective_options.h"
#include "mast/pretrain_input.h"
#include "mast/pretrain_options.h"
#include "mast/pretrain_resume.h"
#include "mast/pretrain_session.h"
#include "train/run_folder.h"
#include "train/run_writer.h"

namespace mast::cli {

namespace {

/// The network that fits the data.
model::ModelConfig fit_model(model::ModelConfig config, const train::BatchSource& source) {
    const auto& first = source.objectives().front();
    config.layout = first.layout;
    config.context = first.steps;
    config.channels = source.channels();
    config.outputs = model::outputs_for(source.objectives());
    return config;
}

/// What the data add to what was asked for.
train::RunConfig complete(train::RunConfig run, const Context& context,
                          const TrainingInput& input) {
    run.model = fit_model(run.model, *input.source);
    run.scaler = input.source->scaler();
    run.objectives.clear();
    for (const auto& objective : input.source->objectives())
        run.objectives.push_back(objective.spec);
    run.components = input.components;
    run.inputs = input.files;
    run.batch_size = input.source->batch_size();
    run.history = input.history;
    run.history.push_back(context.history_entry(names_and_hashes(input)));
    return run;
}

int start_training(Context& context) {
    const auto& options = context.options;
    const auto folder = output_path(options);
    if (folder == "-") {
        fail<UsageError>(
            "--output: is -, but a run is a folder, expected the path of one (name a new one)");
    }
    auto run = asked_run(options);
    train::check_run_target(folder, overwrite(options));
    const auto paths = input_paths(options);
    if (are_batches(paths)) {
        refuse_fixed(options);
    } else {
        run.objectives = objective_specs(options);
    }
    auto input = open_input(paths, run, context.terminal);
    const auto training = training_of(run, input.source->objectives());
    run = complete(std::move(run), context, input);
    check_memory(run.model, *input.source, run.accumulate);

    model::Transformer model(run.model, precision_of(run.precision));
    model::initialise(model.table(), model.config(), run.seed, model.values());
    auto writer = train::RunWriter::create(folder, overwrite(options), run, build_id());
    train::Trainer trainer(model, *input.source, training);
    return train_and_tell(context, input, model, trainer, writer);
}

int run(Context& context) {
    return context.options.count("resume") == 0 ? start_training(context)
                                                : resume_training(context);
}

}  // namespace

const Command kPretrain{
    "pretrain",
    "{STORE|BATCHES... -o RUN [--objective SPEC]... | --resume RUN} [OPTION]...",
    "trains a transformer from a store or from batches",
    {"input"},
    declare_pretrain,
    run};

}  // namespace mast::cli
