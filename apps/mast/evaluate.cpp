// mast evaluate: losses of a run on held-out episodes, beside baselines that need no learning.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/error.h"
#include "mast/commands.h"
#include "mast/objective_options.h"
#include "mast/options.h"
#include "train/evaluate.h"
#include "train/run_folder.h"

namespace po = boost::program_options;

namespace mast::cli {

namespace {

void declare(po::options_description& options) {
    auto add = options.add_options();
    add("input", po::value<std::vector<std::string>>(), "a run and a store");
    add_objective_options(options);
    add("split", po::value<std::string>()->default_value("val"), "train, val or test");
}

/// An objective that needs a head which the run never trained has nothing to say.
void refuse_untrained(const std::vector<mask::Objective>& objectives,
                      const model::ModelConfig& config) {
    for (const auto& objective : objectives) {
        for (const auto& head : model::outputs_for({objective})) {
            if (std::find(config.outputs.begin(), config.outputs.end(), head) !=
                config.outputs.end()) {
                continue;
            }
            fail<UsageError>(
                "--objective: \"{}\" needs the head {}.{}, expected one that the run was trained "
                "for (see mast info RUN)",
                objective.name, head.role, store::name_of(head.modality));
        }
    }
}

std::string figure(double value) {
    return std::isnan(value) ? "-" : fmt::format("{:.5f}", value);
}

std::vector<std::vector<std::string>> table_of(const std::vector<train::Score>& scores) {
    std::vector<std::vector<std::string>> rows{
        {"objective", "target", "loss", "mean", "last", "linear", "count"}};
    for (const auto& score : scores) {
        rows.push_back(
            {score.objective, std::string(store::name_of(score.target)),
             figure(score.loss), figure(score.baseline_mean), figure(score.baseline_last),
             figure(score.baseline_linear), fmt::format("{}", score.count)});
    }
    return rows;
}

int run(Context& context) {
    const auto& options = context.options;
    if (options.count("input") == 0 ||
        options["input"].as<std::vector<std::string>>().size() != 2) {
        fail<UsageError>("expected two inputs, a run and a store: mast evaluate RUN STORE");
    }
    const auto& input = options["input"].as<std::vector<std::string>>();
    const auto split = read_split(options);
    auto opened = train::open_run(input[0]);
    const store::TrajectoryReader store(input[1]);
    const auto specs =
        options.count("objective") == 0 ? opened.config.objectives : objective_specs(options);
    const auto& config = opened.model.config();
    const auto objectives = build_objectives(specs, config.layout, config.context, config.layers,
                                             options["allow-leaks"].as<bool>(), context.terminal);
    refuse_untrained(objectives, config);

    auto& terminal = context.terminal;
    const auto scores = train::evaluate(opened.model, store, objectives, opened.config.scaler,
                                        {split, context.seed(), opened.config.components,
                                         [&](std::int64_t done, std::int64_t total) {
                                             context.stop.check();
                                             terminal.progress(done, total, "windows");
                                         }});
    if (scores.empty()) {
        fail<DataError>(
            "{}: split {} has no target for these objectives, expected some (are its "
            "episodes long enough?)",
            input[1], store::name_of(split));
    }
    for (const auto& score : scores) {
        const nlohmann::ordered_json line{{"objective", score.objective},
                                          {"target", std::string(store::name_of(score.target))},
                                          {"loss", score.loss},
                                          {"baseline_mean", score.baseline_mean},
                                          {"baseline_last", score.baseline_last},
                                          {"baseline_linear", score.baseline_linear},
                                          {"count", score.count}};
        terminal.result(line.dump());
    }
    terminal.table(table_of(scores));
    return kDone;
}

}  // namespace

const Command kEvaluate{"evaluate",
                        "RUN STORE [--objective SPEC]... [--split val] [OPTION]...",
                        "scores a run on held-out episodes, beside trivial baselines",
                        {"input"},
                        declare,
                        run};

}  // namespace mast::cli
