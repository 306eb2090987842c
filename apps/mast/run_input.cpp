#include "mast/run_input.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "mast/objective_options.h"
#include "store/safetensors.h"

namespace po = boost::program_options;

namespace mast::cli {

namespace {

void refuse_untrained(const std::vector<mask::Objective>& objectives,
                      const model::ModelConfig& config) {
    for (const auto& objective : objectives) {
        const auto head = missing_head(objective, config);
        if (head.empty()) continue;
        fail<UsageError>(
            "--objective: \"{}\" needs the head {}, expected one that the run was trained "
            "for (see mast info RUN)",
            objective.name, head);
    }
}

}  // namespace

void add_run_and_store(po::options_description& options) {
    options.add_options()("input", path<std::vector<std::string>>("RUN STORE"),
                          "a run and a store");
}

RunAndStore run_and_store(const Options& options, const std::string& usage) {
    if (options.count("input") != 0) {
        const auto& paths = options["input"].as<std::vector<std::string>>();
        if (paths.size() == 2) return {paths[0], paths[1]};
    }
    fail<UsageError>("expected two inputs, a run and a store: mast {}", usage);
}

std::string missing_head(const mask::Objective& objective, const model::ModelConfig& config) {
    for (const auto& head : model::outputs_for({objective})) {
        const auto found = std::find(config.outputs.begin(), config.outputs.end(), head);
        if (found == config.outputs.end())
            return fmt::format("{}.{}", head.role, store::name_of(head.modality));
    }
    return "";
}

std::vector<mask::Objective> answerable_objectives(Context& context, const train::Run& run) {
    const auto& options = context.options;
    const auto specs =
        options.count("objective") == 0 ? run.config.objectives : objective_specs(options);
    const auto& config = run.model.config();
    auto objectives = build_objectives(specs, config.layout, config.context, config.layers,
                                       options["allow-leaks"].as<bool>(), context.terminal);
    refuse_untrained(objectives, config);
    return objectives;
}

store::History history_of(const Context& context, const RunAndStore& input, const train::Run& run,
                          const store::TrajectoryReader& store) {
    auto history = store::join(run.config.history, store.history());
    history.push_back(
        context.history_entry({fmt::format("{} {}", input.run, train::network_hash(input.run)),
                               fmt::format("{} {}", input.store, store.content_hash())}));
    return history;
}

}  // namespace mast::cli
