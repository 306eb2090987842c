// mast finetune: a policy from a pre-trained trunk.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "mast/build_id.h"
#include "mast/commands.h"
#include "mast/domains.h"
#include "mast/memory.h"
#include "mast/model_options.h"
#include "mast/objective_options.h"
#include "mast/run_input.h"
#include "mast/start.h"
#include "mast/store_paths.h"
#include "mast/training_input.h"
#include "mast/training_options.h"
#include "mast/training_session.h"
#include "model/transfer.h"
#include "store/safetensors.h"

namespace po = boost::program_options;

namespace mast::cli {

namespace {

void declare_finetune(po::options_description& options) {
    add_model_options(options, "");
    auto add = options.add_options();
    add_run_and_store(options);
    add_domain_option(options);
    add_output_options(options);
    add_objective_options(options);
    add("tokens", value<std::string>("KIND,..."),
        "order of the tokens of a step: a list of obs, act, rew and rtg; else that of the run");
    add("episodes", value<Count>("N"), "so many of the train split, drawn by seed; else all");
    add("freeze", po::bool_switch(), "train heads, and what the run does not have, alone");
    add("from-scratch", po::bool_switch(),
        "take only sizes and scaling from the run: what to compare with");
    add_training_options(options);
    add_mask_token_option(options);
}

/// What a trunk fixes and the command line may only repeat.
void refuse_other_sizes(const model::ModelConfig& asked, const model::ModelConfig& trunk,
                        const std::string& run) {
    std::vector<std::string> found;
    const auto compare = [&](const char* option, auto is, auto expected) {
        if (is == expected) return;
        found.push_back(fmt::format("--{} is {}, but {} has {}", option, is, run, expected));
    };
    compare("layers", asked.layers, trunk.layers);
    compare("heads", asked.heads, trunk.heads);
    compare("width", asked.width, trunk.width);
    compare("gate", model::name_of(asked.gate), model::name_of(trunk.gate));
    const auto encoder = [](const model::ModelConfig& config) {
        return config.encoder_layers == 0
                   ? std::string("all")
                   : fmt::format("visible for {} layers", config.encoder_layers);
    };
    compare("encoder", encoder(asked), encoder(trunk));
    if (asked.mask_constant != trunk.mask_constant)
        found.push_back(fmt::format("--mask-token is another than that of {}", run));
    if (found.empty()) return;
    fail<UsageError>("{}, expected the same (leave it out, or add --from-scratch)",
                     fmt::join(found, "; "));
}

/// What the command line asks for; what the data say is left open.
train::RunConfig asked_run(const Options& options, const train::RunConfig& trunk,
                           const std::string& folder) {
    train::RunConfig run;
    run.model = read_sizes(options, trunk.model);
    run.model.layout = trunk.model.layout;
    run.model.channels = trunk.model.channels;
    if (options.count("tokens") != 0)
        run.model.layout = mask::Layout(options["tokens"].as<std::string>());
    run.model.mask_constant =
        options["mask-token"].defaulted() ? trunk.model.mask_constant : read_mask_token(options);
    run.scaler = trunk.scaler;
    run.components = trunk.components;
    run.acting = trunk.acting;
    run.preset = options.count("preset") != 0 ? options["preset"].as<std::string>() : trunk.preset;
    run.learning_rate = trunk.learning_rate;
    run = asked_training(options, std::move(run));
    if (run.objectives.empty()) run.objectives = {"policy"};
    if (options.count("episodes") != 0) run.episodes = options["episodes"].as<Count>().value;
    run.trunk = train::Trunk{
        folder, "", options["from-scratch"].as<bool>(), options["freeze"].as<bool>(), {}};
    if (run.trunk->from_scratch && run.trunk->frozen) {
        fail<UsageError>(
            "--freeze: contradicts --from-scratch, expected one of them (nothing is taken that "
            "could be frozen)");
    }
    if (!run.trunk->from_scratch) refuse_other_sizes(run.model, trunk.model, folder);
    return run;
}

/// The run goes on with one domain of its trunk.
void take_domain(const std::string& name, train::RunConfig& run) {
    run.model.domain = name;
    run.model.domains = {{name, run.model.channels}};
    run.domains = {{name, 1, run.scaler, run.components, run.acting}};
}

/// The run brings a domain that its trunk does not have: what the data are is theirs.
void add_domain(const std::string& name, const std::string& path, train::RunConfig& run) {
    if (!model::names_domain(name)) {
        fail<UsageError>("--domain: \"{}\" cannot name a domain, expected letters, digits, - and _",
                         name);
    }
    const store::TrajectoryReader store(one_store(path));
    run.scaler = window::Scaler(store);
    run.components = store.spec().components;
    run.model.channels = window::channels_of(store, run.model.layout.modalities());
    take_domain(name, run);
}

/// Channels of the trunk, and of what it does not have those of the data.
void fit_model(train::RunConfig& run, const train::BatchSource& source) {
    const auto& first = source.objectives().front();
    run.model.context = first.steps;
    run.model.channels = source.channels();
    run.model.outputs = model::outputs_for(source.objectives());
    if (!run.domains.empty()) run.model.domains.front().channels = run.model.channels;
}

/// The network's first values: drawn, and where the trunk has them, the trunk's.
void take_trunk(const model::Transformer& trunk, train::Trunk& origin, model::Transformer& model,
                Terminal& terminal) {
    if (origin.from_scratch) return;
    const auto done = model::transfer(trunk, model);
    origin.taken = done.taken;
    terminal.note(fmt::format("{} of {} tensors are taken from {}; {}", done.taken.size(),
                              done.taken.size() + done.fresh.size(), origin.run,
                              done.fresh.empty()
                                  ? std::string("none is new")
                                  : fmt::format("new: {}", fmt::join(done.fresh, ", "))));
}

Training prepare(Context& context, const std::filesystem::path& folder) {
    const auto& options = context.options;
    const auto inputs = run_and_store(options, "finetune RUN STORE -o RUN2");
    train::check_run_target(folder, overwrite(options));
    auto trunk = train::open_run(inputs.run, build_id());
    const auto domain = find_domain(options, trunk.config, inputs.store, true);
    if (domain) train::use_domain(trunk.config, *domain);
    auto run = asked_run(options, trunk.config, inputs.run);
    if (domain) {
        take_domain(trunk.config.model.domain, run);
    } else if (options.count("domain") != 0) {
        add_domain(options["domain"].as<std::string>(), inputs.store, run);
    }
    run.trunk->content = train::network_hash(inputs.run);

    auto input = open_input(join_inputs({inputs.store}), run, context.terminal);
    const auto training = training_of(run, input.source->objectives());
    fit_model(run, *input.source);
    check_memory(run, *input.source, context.processes);
    auto model = std::make_unique<model::Transformer>(run.model, precision_of(run.precision));
    model::initialise(model->table(), model->config(), run.seed, model->values());
    take_trunk(trunk.model, *run.trunk, *model, context.terminal);
    model->freeze(train::frozen_tensors(run));

    input.history = store::join(trunk.config.history, input.history);
    input.names = {fmt::format("{} {}", inputs.run, run.trunk->content)};
    run = complete(std::move(run), context, input);
    if (!run.domains.empty()) take_domain(run.model.domain, run);
    auto trainer =
        std::make_unique<train::Trainer>(*model, *input.source, training, context.processes);
    return {std::move(run), std::move(input), std::move(model), std::move(trainer)};
}

int run_finetune(Context& context) {
    return run_training(context, prepare);
}

}  // namespace

const Command kFinetune{"finetune",
                        "{RUN STORE -o RUN2 | --resume RUN2} [OPTION]...",
                        "trains a policy from a pre-trained trunk",
                        {"input"},
                        declare_finetune,
                        run_finetune,
                        true};

}  // namespace mast::cli
