// mast evaluate: losses of a run on held-out episodes, beside baselines that need no learning.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "apply/probe.h"
#include "base/error.h"
#include "base/hash.h"
#include "mask/catalogue.h"
#include "mast/build_id.h"
#include "mast/commands.h"
#include "mast/domains.h"
#include "mast/json.h"
#include "mast/objective_options.h"
#include "mast/options.h"
#include "mast/run_input.h"
#include "mast/store_paths.h"
#include "mast/together.h"
#include "train/evaluate.h"

namespace po = boost::program_options;

namespace mast::cli {

namespace {

void declare_evaluate(po::options_description& options) {
    auto add = options.add_options();
    add_run_and_store(options);
    add_domain_option(options);
    add_objective_options(options);
    add("patterns", po::bool_switch(),
        "also what the run was not trained for but can answer: id, fd, bc, rcbc, goal, random...");
    add("probe", po::bool_switch(),
        "also what a linear map reads off the representations of steps: act, rew and rtg");
    add_split_option(options, "val");
}

/// What one network that fills in hidden tokens can be asked. The last three need only actions.
constexpr std::array kPatterns{"id",
                               "waypoint:every=3",
                               "fd:next=true",
                               "fd",
                               "bc:next=true",
                               "bc",
                               "rcbc:next=true",
                               "goal",
                               "future",
                               "past",
                               "random:ratio=0.15",
                               "random:ratio=0.5",
                               "random:ratio=0.85",
                               "random:ratio=0.15,of=act",
                               "random:ratio=0.5,of=act",
                               "random:ratio=0.85,of=act"};

void add_patterns(const model::ModelConfig& config, std::vector<mask::Objective>& objectives) {
    for (const std::string spec : kPatterns) {
        if (spec.starts_with("rcbc") && !config.layout.has(store::Modality::rtg)) continue;
        const auto known = [&](const auto& objective) { return objective.name == spec; };
        if (std::any_of(objectives.begin(), objectives.end(), known)) continue;
        auto pattern = mask::make_objective(spec, config.layout, config.context);
        if (missing_head(pattern, config).empty()) objectives.push_back(std::move(pattern));
    }
}

Json line_of(const train::Score& score) {
    Json line{{"objective", score.objective},
              {"target", std::string(store::name_of(score.target))},
              {"loss", score.loss},
              {"baseline_mean", score.baseline_mean},
              {"baseline_last", score.baseline_last},
              {"baseline_linear", score.baseline_linear},
              {"count", score.count}};
    if (score.loss_without_row) {
        line["loss_without_next"] = *score.loss_without_row;
        line["shortcut_gap"] = *score.loss_without_row - score.loss;
    }
    return line;
}

std::string figure(double value) {
    return std::isnan(value) ? "-" : fmt::format("{:.5f}", value);
}

std::vector<std::vector<std::string>> table_of(const std::vector<train::Score>& scores) {
    std::vector<std::vector<std::string>> rows{
        {"objective", "target", "loss", "mean", "last", "linear", "without next", "count"}};
    for (const auto& score : scores) {
        rows.push_back(
            {score.objective, std::string(store::name_of(score.target)), figure(score.loss),
             figure(score.baseline_mean), figure(score.baseline_last),
             figure(score.baseline_linear),
             figure(score.loss_without_row.value_or(std::numeric_limits<double>::quiet_NaN())),
             fmt::format("{}", score.count)});
    }
    return rows;
}

/// What is evaluated, on what.
struct Evaluation {
    std::string name;  ///< of the store
    train::Run run;
    store::TrajectoryReader store;
    std::vector<mask::Objective> objectives;
};

Evaluation prepare(Context& context) {
    const auto& options = context.options;
    const auto input = run_and_store(options, "evaluate RUN STORE");
    auto opened = train::open_run(input.run, build_id());
    choose_domain(options, opened, input.store);
    store::TrajectoryReader store(one_store(input.store));
    auto objectives = answerable_objectives(context, opened);
    if (options["patterns"].as<bool>()) add_patterns(opened.model.config(), objectives);
    return {input.store, std::move(opened), std::move(store), std::move(objectives)};
}

/// Processes that read other files, as from folders that are not shared, would score apart.
void expect_same_input(Context& context, const Evaluation& evaluation) {
    const auto values = evaluation.run.model.values();
    expect_same(context.processes, "the network",
                hash_text(hash64(values.data(), values.size_bytes())));
    expect_same(context.processes, "the store", evaluation.store.content_hash());
}

int run_evaluate(Context& context) {
    const auto& options = context.options;
    const auto split = read_split(options);
    auto& processes = context.processes;
    auto evaluation = together(processes, [&] { return prepare(context); });
    expect_same_input(context, evaluation);
    // Not bound by name: closures that capture such names are more than clang 14 knows.
    auto& opened = evaluation.run;
    auto& store = evaluation.store;
    const auto& objectives = evaluation.objectives;

    auto& terminal = context.terminal;
    const auto progress = [&](std::int64_t done, std::int64_t total) {
        context.stop.check();
        terminal.progress(done, total, "windows");
    };
    const auto& scaler = opened.config.scaler;
    const auto between = [&context] { context.stop.check(); };
    const train::EvaluateOptions how{split,    context.seed(), opened.config.components,
                                     progress, between,        processes};
    if (processes.count() > 1) {
        together(processes, [&] {
            train::expect_evaluable(opened.model.config(), store, objectives, scaler, how);
        });
    }
    auto scores = train::evaluate(opened.model, store, objectives, scaler, how);
    together(processes, [&] {
        if (!scores.empty()) return;
        fail<DataError>(
            "{}: split {} has no target for these objectives, expected some (are its "
            "episodes long enough?)",
            evaluation.name, store::name_of(split));
    });
    if (options["probe"].as<bool>() && context.is_first()) {
        std::ranges::move(apply::probe(opened.model, store, objectives.front(), scaler,
                                       {split, progress, between}),
                          std::back_inserter(scores));
    }
    for (const auto& score : scores)
        terminal.result(line_of(score).dump());
    terminal.table(table_of(scores));
    return kDone;
}

}  // namespace

const Command kEvaluate{"evaluate",
                        "RUN STORE [--objective SPEC]... [--split val] [OPTION]...",
                        "scores a run on held-out episodes, beside trivial baselines",
                        {"input"},
                        declare_evaluate,
                        run_evaluate,
                        true};

}  // namespace mast::cli
