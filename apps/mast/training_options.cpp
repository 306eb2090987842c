#include "mast/training_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "mask/catalogue.h"
#include "mast/domains.h"
#include "mast/model_options.h"
#include "mast/objective_options.h"

namespace po = boost::program_options;

namespace mast::cli {

namespace {

bool is_given(const Options& options, const char* name) {
    return options.count(name) != 0 && !options[name].defaulted();
}

std::vector<std::string> words(const Options& options, const char* name) {
    if (options.count(name) == 0) return {};
    return options[name].as<std::vector<std::string>>();
}

std::string text_of(const std::optional<float>& mask_token) {
    return mask_token ? fmt::format("{}", *mask_token) : "learned";
}

/// The value of an option as the run would record it.
std::string text_of(const Options& options, const char* name) {
    const auto& value = options[name].value();
    if (const auto* count = boost::any_cast<Count>(&value)) return std::to_string(count->value);
    if (const auto* natural = boost::any_cast<Natural>(&value))
        return std::to_string(natural->value);
    if (const auto* rate = boost::any_cast<Rate>(&value)) return fmt::format("{}", rate->value);
    if (const auto* chance = boost::any_cast<Chance>(&value))
        return fmt::format("{}", chance->value);
    if (const auto* list = boost::any_cast<std::vector<std::string>>(&value))
        return fmt::to_string(fmt::join(*list, " "));
    if (const auto* flag = boost::any_cast<bool>(&value)) return *flag ? "yes" : "no";
    return options[name].as<std::string>();
}

/// Objectives as they are recorded: a file becomes what stands in it.
std::string asked_objectives(const Options& options, const train::RunConfig& run) {
    std::vector<std::string> specs;
    for (const auto& text : words(options, "objective"))
        specs.push_back(mask::make_objective(text, run.model.layout, run.model.context).spec);
    return fmt::to_string(fmt::join(specs, " "));
}

/// Shares as they are recorded.
std::string text_of(const std::vector<train::RunDomain>& domains) {
    std::vector<std::string> shares;
    for (const auto& domain : domains)
        shares.push_back(fmt::format("{}={}", domain.name, domain.share));
    return fmt::to_string(fmt::join(shares, " "));
}

/// Those of some domains may be given again, in any order.
std::string asked_shares(const Options& options, std::vector<train::RunDomain> domains) {
    read_shares(options, domains);
    return text_of(domains);
}

struct Fixed {
    const char* option;
    std::string value;
};

/// What decides a training, as options.
std::vector<Fixed> fixed_options(const train::RunConfig& run) {
    const auto word = [](bool yes) { return std::string(yes ? "yes" : "no"); };
    return {{"from-scratch", word(run.trunk && run.trunk->from_scratch)},
            {"freeze", word(run.trunk && run.trunk->frozen)},
            {"share", text_of(run.domains)},
            {"domain", run.model.domain},
            {"episodes", std::to_string(run.episodes)},
            {"objective", fmt::to_string(fmt::join(run.objectives, " "))},
            {"tokens", run.model.layout.text()},
            {"preset", run.preset},
            {"context", std::to_string(run.model.context)},
            {"layers", std::to_string(run.model.layers)},
            {"heads", std::to_string(run.model.heads)},
            {"width", std::to_string(run.model.width)},
            {"gate", std::string(model::name_of(run.model.gate))},
            {"encoder", run.model.encoder_layers > 0 ? "visible" : "all"},
            {"decoder-layers", std::to_string(run.model.layers - run.model.encoder_layers)},
            {"batch-size", std::to_string(run.batch_size)},
            {"accumulate", std::to_string(run.accumulate)},
            {"learning-rate", fmt::format("{}", run.learning_rate)},
            {"warmup", std::to_string(run.warmup)},
            {"weight-decay", fmt::format("{}", run.weight_decay)},
            {"dropout", fmt::format("{}", run.dropout)},
            {"clip", fmt::format("{}", run.clip)},
            {"mask-token", text_of(run.model.mask_constant)},
            {"schedule", fmt::to_string(fmt::join(run.weights, " "))},
            {"eval-every", std::to_string(run.eval_every)},
            {"keep-best", word(run.keep_best)},
            {"precision", run.precision},
            {"exchange", run.exchange},
            {"seed", std::to_string(run.seed)}};
}

std::string asked_value(const Options& options, const char* name, const train::RunConfig& run) {
    const std::string_view option = name;
    if (option == "objective") return asked_objectives(options, run);
    if (option == "share") return asked_shares(options, run.domains);
    if (option == "tokens") return mask::Layout(options[name].as<std::string>()).text();
    if (option == "mask-token") return text_of(read_mask_token(options));
    return text_of(options, name);
}

}  // namespace

void add_training_options(po::options_description& options) {
    auto add = options.add_options();
    add("steps", value<Count>("N")->default_value(Count{3000}), "updates");
    add("batch-size", value<Count>("WINDOWS")->default_value(Count{64}), "windows of a batch");
    add("accumulate", value<Count>("N")->default_value(Count{1}),
        "batches of a step, as if they were one batch; an objective that compares or mixes the "
        "samples of a batch (contrast, bert) does so within each");
    add("learning-rate", value<Rate>("RATE"), "after the warm-up; else that of the preset");
    add("warmup", value<Natural>("STEPS"), "steps of linear rise; else a twentieth of the steps");
    add("weight-decay", value<Rate>("RATE")->default_value(Rate{0.1}), "of matrices only");
    add("dropout", value<Chance>("CHANCE")->default_value(Chance{0}),
        "part of the activations that each step drops; 0: none");
    add("clip", value<Rate>("NORM")->default_value(Rate{1}), "largest gradient norm; 0: none");
    add("schedule", value<std::vector<std::string>>("STEP:NAME=WEIGHT"),
        "a point of an objective's weight; straight lines between points");
    add("eval-every", value<Count>("STEPS"),
        "steps between losses on held-out episodes of a store");
    add("keep-best", po::bool_switch(),
        "keep the network with the least of these losses in place of the last one");
    add("max-time", value<Rate>("SECONDS"), "seconds after which to stop and save");
    add("checkpoint-every", value<Natural>("STEPS")->default_value(Natural{1000}),
        "steps between checkpoints; 0: only where the training stops");
    add("keep", value<Count>("N")->default_value(Count{2}), "checkpoints, the last of them");
    add("resume", path("RUN"),
        "go on with this run from its newest whole checkpoint; its data and options need not be "
        "given again");
    add_exchange_option(options);
}

void add_exchange_option(po::options_description& options) {
    options.add_options()("exchange", one_of({"f32", "bf16"})->default_value("f32"),
                          "what gradients travel as between processes that mpirun or srun started; "
                          "bf16 halves the bytes");
}

train::Wire read_exchange(const Options& options) {
    return options["exchange"].as<std::string>() == "bf16" ? train::Wire::bf16 : train::Wire::f32;
}

std::vector<std::string> input_paths(const Options& options) {
    auto paths = words(options, "input");
    if (paths.empty()) {
        fail<UsageError>("no input, expected a store or batches (make one with mast ingest)");
    }
    return paths;
}

void add_mask_token_option(po::options_description& options) {
    options.add_options()("mask-token",
                          begins_with("learned|NUMBER", {"learned"})->default_value("learned"),
                          "what a hidden token becomes: learned, or a number (the article: -1)");
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

train::RunConfig asked_training(const Options& options, train::RunConfig run) {
    run.objectives = words(options, "objective");
    run.steps = options["steps"].as<Count>().value;
    run.batch_size = options["batch-size"].as<Count>().value;
    run.accumulate = options["accumulate"].as<Count>().value;
    if (options.count("learning-rate") != 0)
        run.learning_rate = options["learning-rate"].as<Rate>().value;
    run.warmup =
        options.count("warmup") == 0 ? run.steps / 20 : options["warmup"].as<Natural>().value;
    run.weight_decay = options["weight-decay"].as<Rate>().value;
    run.dropout = options["dropout"].as<Chance>().value;
    run.clip = options["clip"].as<Rate>().value;
    run.weights = words(options, "schedule");
    read_precision(options);
    run.precision = options["precision"].as<std::string>();
    read_exchange(options);
    run.exchange = options["exchange"].as<std::string>();
    run.seed = static_cast<std::uint64_t>(options["seed"].as<Natural>().value);
    run.eval_every = options.count("eval-every") != 0 ? options["eval-every"].as<Count>().value : 0;
    run.keep_best = options["keep-best"].as<bool>();
    if (run.keep_best && (run.eval_every == 0 || run.eval_every > run.steps)) {
        fail<UsageError>(
            "--keep-best: needs losses on held-out episodes, expected --eval-every of at most the "
            "{} steps (add it)",
            run.steps);
    }
    run.allow_leaks = options["allow-leaks"].as<bool>();
    run.checkpoint_every = options["checkpoint-every"].as<Natural>().value;
    run.picture_every = run.checkpoint_every;
    run.keep = options["keep"].as<Count>().value;
    return run;
}

void refuse_fixed(const Options& options) {
    for (const char* name : {"objective", "context", "tokens", "batch-size", "eval-every"}) {
        if (options.count(name) != 0 && !options[name].defaulted()) {
            fail<UsageError>(
                "--{}: is fixed in batches, expected it only with a store (leave it out)", name);
        }
    }
}

void refuse_contradictions(const Options& options, const train::RunConfig& run) {
    std::vector<std::string> found;
    for (const auto& [name, recorded] : fixed_options(run)) {
        if (!is_given(options, name)) continue;
        const auto asked = asked_value(options, name, run);
        if (asked == recorded) continue;
        found.push_back(fmt::format("--{} is {}, but the run was started with {}", name, asked,
                                    recorded.empty() ? "none" : recorded));
    }
    if (found.empty()) return;
    fail<UsageError>("--resume: {}, expected the same (leave it out, or start another run)",
                     fmt::join(found, "; "));
}

train::RunConfig changed_run(const Options& options, train::RunConfig run) {
    if (is_given(options, "steps")) run.steps = options["steps"].as<Count>().value;
    if (is_given(options, "checkpoint-every"))
        run.checkpoint_every = options["checkpoint-every"].as<Natural>().value;
    if (is_given(options, "keep")) run.keep = options["keep"].as<Count>().value;
    return run;
}

train::TrainOptions training_of(const train::RunConfig& run,
                                const std::vector<mask::Objective>& objectives) {
    train::TrainOptions training;
    training.schedule.steps = run.steps;
    training.schedule.peak = run.learning_rate;
    training.schedule.warmup = run.warmup;
    training.adamw.weight_decay = run.weight_decay;
    training.clip = run.clip;
    training.accumulate = run.accumulate;
    training.dropout = run.dropout;
    training.seed = run.seed;
    training.exchange = run.exchange == "bf16" ? train::Wire::bf16 : train::Wire::f32;
    if (!run.weights.empty())
        training.weights = train::read_weight_schedules(run.weights, objectives);
    return training;
}

}  // namespace mast::cli
