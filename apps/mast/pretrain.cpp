// mast pretrain: trains a masked-trajectory transformer from a store or from batches.
#include <memory>
#include <utility>

#include "base/error.h"
#include "mast/commands.h"
#include "mast/domains.h"
#include "mast/memory.h"
#include "mast/model_options.h"
#include "mast/objective_options.h"
#include "mast/start.h"
#include "mast/training_input.h"
#include "mast/training_options.h"
#include "mast/training_session.h"
#include "train/run_folder.h"

namespace mast::cli {

namespace {

void declare_pretrain(boost::program_options::options_description& options) {
    add_model_options(options, "tiny");
    auto add = options.add_options();
    add("input", path<std::vector<std::string>>("INPUT"),
        "a store, several of different kinds, or files of batches");
    add_output_options(options);
    add_objective_options(options);
    add("tokens", value<std::string>("KIND,...")->default_value("obs,act"),
        "order of the tokens of a step: a list of obs, act, rew and rtg");
    add("share", value<std::vector<std::string>>("NAME=SHARE"),
        "of several stores, each a domain with embeddings and heads of its own, how "
        "often a batch is of this one; else by its windows");
    add_training_options(options);
    add_mask_token_option(options);
}

/// What the command line asks for; what the data say, such as channels, is left open.
train::RunConfig asked_run(const Options& options) {
    const auto& preset = chosen_preset(options);
    train::RunConfig run;
    run.model = read_sizes(options);
    run.model.layout = mask::Layout(options["tokens"].as<std::string>());
    run.model.mask_constant = read_mask_token(options);
    run.preset = options["preset"].as<std::string>();
    run.learning_rate = preset.learning_rate;
    return asked_training(options, std::move(run));
}

std::vector<std::string> words_of(const std::vector<InputSet>& sets) {
    std::vector<std::string> words;
    for (const auto& set : sets)
        words.push_back(set.word);
    return words;
}

/// The network that fits the data.
model::ModelConfig fit_model(model::ModelConfig config, const TrainingInput& input) {
    const auto& source = *input.source;
    const auto& first = source.objectives().front();
    config.layout = first.layout;
    config.context = first.steps;
    config.channels = source.channels();
    config.domains = input.domains;
    config.outputs = model::outputs_for(source.objectives());
    return config.in_domain(0);
}

Training prepare(Context& context, const std::filesystem::path& folder) {
    const auto& options = context.options;
    auto run = asked_run(options);
    train::check_run_target(folder, overwrite(options));
    const auto sets = join_inputs(input_paths(options));
    if (are_batches(sets)) {
        refuse_fixed(options);
    } else {
        run.objectives = objective_specs(options);
        if (sets.size() > 1) run.domains = asked_domains(options, words_of(sets));
    }
    auto input = open_input(sets, run, context.terminal);
    const auto training = training_of(run, input.source->objectives());
    run.model = fit_model(run.model, input);
    run = complete(std::move(run), context, input);
    check_memory(run, *input.source, context.processes);

    auto model = std::make_unique<model::Transformer>(run.model, precision_of(run.precision));
    model::initialise(model->table(), model->config(), run.seed, model->values());
    auto trainer =
        std::make_unique<train::Trainer>(*model, *input.source, training, context.processes);
    return {std::move(run), std::move(input), std::move(model), std::move(trainer)};
}

int run_pretrain(Context& context) {
    return run_training(context, prepare);
}

}  // namespace

const Command kPretrain{
    "pretrain",
    "{STORE...|BATCHES... -o RUN [--objective SPEC]... | --resume RUN} [OPTION]...",
    "trains a transformer from stores or from batches",
    {"input"},
    declare_pretrain,
    run_pretrain,
    true};

}  // namespace mast::cli
