// mast pretrain: trains a masked-trajectory transformer from a store or from batches.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "mast/commands.h"
#include "mast/memory.h"
#include "mast/model_options.h"
#include "mast/objective_options.h"
#include "mast/options.h"
#include "store/header.h"
#include "train/run_folder.h"
#include "train/trainer.h"

namespace po = boost::program_options;

namespace mast::cli {

namespace {

using Json = nlohmann::ordered_json;

/// Held-out windows that --eval-every looks at.
constexpr std::int64_t kEvaluationBatches = 8;

void declare(po::options_description& options) {
    add_model_options(options, "tiny");
    auto add = options.add_options();
    add("input", po::value<std::vector<std::string>>(), "a store, or files of batches");
    add_output_options(options);
    add_objective_options(options);
    add("tokens", po::value<std::string>()->default_value("obs,act"),
        "order of the tokens of a step: a list of obs, act, rew and rtg");
    add("steps", po::value<Count>()->default_value(Count{3000}), "updates");
    add("batch-size", po::value<Count>()->default_value(Count{64}), "windows of a batch");
    add("accumulate", po::value<Count>()->default_value(Count{1}),
        "batches of a step, as if they were one batch; an objective that compares or mixes the "
        "samples of a batch (contrast, bert) does so within each");
    add("learning-rate", po::value<Rate>(), "after the warm-up; else that of the preset");
    add("warmup", po::value<Natural>(), "steps of linear rise; else a twentieth of the steps");
    add("weight-decay", po::value<Rate>()->default_value(Rate{0.1}), "of matrices only");
    add("dropout", po::value<Chance>()->default_value(Chance{0}),
        "part of the activations that each step drops; 0: none");
    add("clip", po::value<Rate>()->default_value(Rate{1}), "largest gradient norm; 0: none");
    add("mask-token", po::value<std::string>()->default_value("learned"),
        "what a hidden token becomes: learned, or a number (the article: -1)");
    add("schedule", po::value<std::vector<std::string>>(),
        "STEP:NAME=WEIGHT, a point of an objective's weight; straight lines between points");
    add("eval-every", po::value<Count>(), "steps between losses on held-out episodes of a store");
    add("max-time", po::value<Rate>(), "seconds after which to stop and save");
}

std::optional<float> read_mask_token(const Options& options) {
    const auto& word = options["mask-token"].as<std::string>();
    if (word == "learned") return std::nullopt;
    float value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size() || !std::isfinite(value)) {
        fail<UsageError>("--mask-token: \"{}\" is not learned or a number", word);
    }
    return value;
}

/// Sizes that the command line asks for; channels and outputs come with the data.
model::ModelConfig read_network(const Options& options) {
    model::ModelConfig config = read_sizes(options);
    config.layout = mask::Layout(options["tokens"].as<std::string>());
    config.mask_constant = read_mask_token(options);
    return config;
}

train::TrainOptions read_training(const Options& options) {
    const auto& preset = chosen_preset(options);
    train::TrainOptions training;
    training.schedule.steps = options["steps"].as<Count>().value;
    training.schedule.peak = options.count("learning-rate") == 0
                                 ? preset.learning_rate
                                 : options["learning-rate"].as<Rate>().value;
    training.schedule.warmup = options.count("warmup") == 0 ? training.schedule.steps / 20
                                                            : options["warmup"].as<Natural>().value;
    training.adamw.weight_decay = options["weight-decay"].as<Rate>().value;
    training.clip = options["clip"].as<Rate>().value;
    training.accumulate = options["accumulate"].as<Count>().value;
    training.dropout = options["dropout"].as<Chance>().value;
    return training;
}

/// The data of a run: where batches come from, and what the run folder says of it.
struct Input {
    std::unique_ptr<store::TrajectoryReader> store;  ///< null for batches
    std::unique_ptr<train::BatchSource> source;
    std::unique_ptr<train::BatchSource> held_out;  ///< null without --eval-every
    std::vector<store::Component> components;
    store::History history;
    std::vector<std::string> hashes;  ///< "name hash" of each input
};

/// What is fixed in batches cannot be asked for again.
void refuse_fixed(const Options& options) {
    for (const char* name : {"objective", "context", "tokens", "batch-size", "eval-every"}) {
        if (options.count(name) != 0 && !options[name].defaulted()) {
            fail<UsageError>(
                "--{}: is fixed in batches, expected it only with a store (leave it out)", name);
        }
    }
}

Input open_batches(const std::vector<std::string>& paths, const Options& options,
                   std::int64_t layers, Terminal& terminal) {
    refuse_fixed(options);
    Input input;
    auto source = std::make_unique<train::BatchFileSource>(
        std::vector<std::filesystem::path>(paths.begin(), paths.end()));
    for (const auto& objective : source->objectives())
        refuse_leaks(objective, layers, options["allow-leaks"].as<bool>(), terminal);
    for (std::size_t i = 0; i < paths.size(); ++i) {
        input.hashes.push_back(fmt::format("{} {}", paths[i], source->file(i).content_hash()));
    }
    input.history = source->file(0).history();
    input.source = std::move(source);
    return input;
}

Input open_store(const std::vector<std::string>& paths, const Options& options,
                 const model::ModelConfig& sizes, std::uint64_t seed, Terminal& terminal) {
    if (paths.size() > 1) {
        fail<UsageError>("{} stores, expected one (mast ingest joins several files into one)",
                         paths.size());
    }
    const auto batch_size = options["batch-size"].as<Count>().value;
    const auto build = [&] {
        return build_objectives(objective_specs(options), sizes.layout, sizes.context, sizes.layers,
                                options["allow-leaks"].as<bool>(), terminal);
    };
    auto objectives = build();
    Input input;
    input.store = std::make_unique<store::TrajectoryReader>(paths[0]);
    input.source = std::make_unique<train::StoreSource>(
        *input.store, store::Split::train, std::move(objectives), batch_size, seed,
        options["steps"].as<Count>().value, options["accumulate"].as<Count>().value);
    if (options.count("eval-every") != 0) {
        input.held_out = std::make_unique<train::StoreSource>(*input.store, store::Split::val,
                                                              build(), batch_size, seed);
    }
    input.components = input.store->spec().components;
    input.history = input.store->history();
    input.hashes = {fmt::format("{} {}", paths[0], input.store->content_hash())};
    return input;
}

Input open_input(const Options& options, const model::ModelConfig& sizes, std::uint64_t seed,
                 Terminal& terminal) {
    if (options.count("input") == 0) {
        fail<UsageError>("no input, expected a store or batches (make one with mast ingest)");
    }
    const auto& paths = options["input"].as<std::vector<std::string>>();
    for (const auto& path : paths)
        refuse_stream(path, "input");
    const auto kind = store::read_header(store::h5::File::open(paths[0]), "").kind;
    if (kind == store::kBatches) return open_batches(paths, options, sizes.layers, terminal);
    return open_store(paths, options, sizes, seed, terminal);
}

/// The network that fits the data.
model::ModelConfig fit_model(model::ModelConfig config, const train::BatchSource& source) {
    const auto& first = source.objectives().front();
    config.layout = first.layout;
    config.context = first.steps;
    config.channels = source.channels();
    config.outputs = model::outputs_for(source.objectives());
    return config;
}

/// Metrics of a step as one line.
Json metrics_of(const train::StepReport& report, const std::vector<mask::Objective>& objectives,
                double tokens_per_second) {
    Json line{{"step", report.step}, {"tokens", report.tokens}, {"loss", report.loss}};
    for (std::size_t i = 0; i < objectives.size(); ++i) {
        line["loss_" + objectives[i].name] = report.losses[i];
    }
    line["grad_norm"] = report.gradient_norm;
    line["lr"] = report.rate;
    line["tokens_per_second"] = std::round(tokens_per_second);
    return line;
}

/// What an objective really hid, by kind; and samples that taught nothing.
Json masks_of(const mask::Objective& objective, const mask::Tally& tally) {
    Json hidden = Json::object();
    for (const auto modality : objective.layout.modalities()) {
        const auto m = store::index_of(modality);
        if (!tally.hides[m] || tally.valid[m] == 0) continue;
        hidden[std::string(store::name_of(modality))] =
            static_cast<double>(tally.hidden[m]) / static_cast<double>(tally.valid[m]);
    }
    return {{"hidden", hidden},
            {"nothing_visible", tally.nothing_visible},
            {"nothing_predicted", tally.nothing_predicted}};
}

/// Trains until the steps, the time or the user's patience end. Returns the last step.
class Session {
  public:
    Session(Context& context, Input& input, model::Transformer& model,
            const train::TrainOptions& training, train::RunWriter& run)
        : context_(context),
          input_(input),
          model_(model),
          steps_(training.schedule.steps),
          trainer_(model, *input.source, training),
          run_(run) {
        const auto& options = context.options;
        if (options.count("eval-every") != 0) eval_every_ = options["eval-every"].as<Count>().value;
        if (options.count("max-time") != 0) max_time_ = options["max-time"].as<Rate>().value;
    }

    train::StepReport train() {
        const auto log_every = std::max<std::int64_t>(1, steps_ / 100);
        auto& terminal = context_.terminal;
        started_ = logged_ = terminal.seconds();
        train::StepReport report;
        while (report.step < steps_) {
            report = trainer_.step();
            const bool out_of_time = max_time_ && terminal.seconds() - started_ >= *max_time_;
            const bool last = report.step == steps_ || context_.stop.requested() || out_of_time;
            if (report.step == 1 || report.step % log_every == 0 || evaluates(report.step) ||
                last) {
                log(report);
            }
            terminal.progress(report.step, steps_, fmt::format("loss {:.4f}", report.loss));
            if (last) break;
        }
        return report;
    }

  private:
    bool evaluates(std::int64_t step) const { return eval_every_ && step % *eval_every_ == 0; }

    void log(const train::StepReport& report) {
        const double now = context_.terminal.seconds();
        const auto tokens = static_cast<double>(report.tokens - logged_tokens_);
        auto line =
            metrics_of(report, input_.source->objectives(), tokens / std::max(1e-9, now - logged_));
        const auto tallies = trainer_.take_tallies();
        for (std::size_t i = 0; i < tallies.size(); ++i) {
            const auto& objective = input_.source->objectives()[i];
            line["masks_" + objective.name] = masks_of(objective, tallies[i]);
        }
        if (input_.held_out && evaluates(report.step)) {
            const auto losses = train::mean_losses(model_, *input_.held_out, kEvaluationBatches);
            for (std::size_t i = 0; i < losses.size(); ++i) {
                line["val_loss_" + input_.held_out->objectives()[i].name] = losses[i];
            }
        }
        logged_ = context_.terminal.seconds();
        logged_tokens_ = report.tokens;
        const auto text = line.dump();
        run_.metrics(text);
        context_.terminal.result(text);
    }

    Context& context_;
    Input& input_;
    model::Transformer& model_;
    std::int64_t steps_;
    train::Trainer trainer_;
    train::RunWriter& run_;
    std::optional<std::int64_t> eval_every_;
    std::optional<double> max_time_;
    double started_ = 0;
    double logged_ = 0;
    std::int64_t logged_tokens_ = 0;
};

train::RunConfig describe_run(const Context& context, const Input& input,
                              const model::ModelConfig& config,
                              const train::TrainOptions& training) {
    train::RunConfig run;
    run.model = config;
    run.scaler = input.source->scaler();
    for (const auto& objective : input.source->objectives())
        run.objectives.push_back(objective.spec);
    run.components = input.components;
    run.steps = training.schedule.steps;
    run.batch_size = input.source->batch_size();
    run.accumulate = training.accumulate;
    run.dropout = training.dropout;
    run.learning_rate = training.schedule.peak;
    run.precision = context.options["precision"].as<std::string>();
    run.seed = context.seed();
    run.history = input.history;
    run.history.push_back(context.history_entry(input.hashes));
    return run;
}

int run(Context& context) {
    const auto folder = output_path(context.options);
    if (folder == "-") {
        fail<UsageError>(
            "--output: is -, but a run is a folder, expected the path of one (name a new one)");
    }
    const auto sizes = read_network(context.options);
    auto training = read_training(context.options);
    training.seed = context.seed();
    train::check_run_target(folder, overwrite(context.options));
    auto input = open_input(context.options, sizes, context.seed(), context.terminal);

    if (context.options.count("schedule") != 0) {
        training.weights = train::read_weight_schedules(
            context.options["schedule"].as<std::vector<std::string>>(), input.source->objectives());
    }
    const auto config = fit_model(sizes, *input.source);
    check_memory(config, *input.source, training.accumulate);
    model::Transformer model(config, read_precision(context.options));
    model::initialise(model.table(), model.config(), context.seed(), model.values());
    train::RunWriter writer(folder, overwrite(context.options),
                            describe_run(context, input, model.config(), training));
    const auto last = Session(context, input, model, training, writer).train();
    writer.finish(model);

    auto& terminal = context.terminal;
    terminal.end_progress();
    terminal.table({{"run", folder.string()},
                    {"parameters", fmt::format("{}", model.table().count())},
                    {"steps", fmt::format("{}", last.step)},
                    {"tokens", fmt::format("{}", last.tokens)},
                    {"loss", fmt::format("{:.5f}", last.loss)},
                    {"seconds", fmt::format("{:.1f}", terminal.seconds())}});
    if (context.stop.requested()) return kSignal + context.stop.signal_number();
    return kDone;
}

}  // namespace

const Command kPretrain{"pretrain",
                        "STORE|BATCHES... -o RUN [--objective SPEC]... [OPTION]...",
                        "trains a transformer from a store or from batches",
                        {"input"},
                        declare,
                        run};

}  // namespace mast::cli
