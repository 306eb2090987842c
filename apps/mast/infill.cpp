// mast infill: predicts what objectives hide, in the data's own units.
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "apply/infill.h"
#include "base/error.h"
#include "mast/build_id.h"
#include "mast/commands.h"
#include "mast/domains.h"
#include "mast/json.h"
#include "mast/objective_options.h"
#include "mast/options.h"
#include "mast/run_input.h"
#include "mast/store_paths.h"
#include "train/fit.h"

namespace po = boost::program_options;

namespace mast::cli {

namespace {

void declare_infill(po::options_description& options) {
    add_run_and_store(options);
    add_domain_option(options);
    add_output_options(options);
    add_objective_options(options);
    add_split_option(options, "val");
}

/// Embeddings have no place among the data: such objectives of a run are left out, and refused
/// where they are asked for.
std::vector<mask::Objective> of_values(std::vector<mask::Objective> objectives, bool asked_for) {
    std::vector<mask::Objective> kept;
    for (auto& objective : objectives) {
        if (objective.aim == mask::Aim::value) {
            kept.push_back(std::move(objective));
        } else if (asked_for) {
            fail<UsageError>(
                "--objective: \"{}\" predicts embeddings, expected one that predicts "
                "values (see mast objective --list)",
                objective.name);
        }
    }
    if (kept.empty()) {
        fail<UsageError>(
            "the run was trained to predict embeddings alone, expected an --objective "
            "that predicts values");
    }
    return kept;
}

void report(const std::string& output, std::size_t windows,
            const std::vector<apply::InfillScore>& scores, Terminal& terminal) {
    auto filled = Json::array();
    std::vector<std::vector<std::string>> rows{{"objective", "target", "tokens", "loss"}};
    for (const auto& score : scores) {
        const std::string target(store::name_of(score.target));
        filled.push_back({{"objective", score.objective},
                          {"target", target},
                          {"tokens", score.tokens},
                          {"loss", score.loss}});
        rows.push_back({score.objective, target, fmt::format("{}", score.tokens),
                        fmt::format("{:.5f}", score.loss)});
    }
    terminal.result(Json{{"output", output}, {"windows", windows}, {"filled", filled}}.dump());
    terminal.table(rows);
}

int run_infill(Context& context) {
    const auto& options = context.options;
    const auto input = run_and_store(options, "infill RUN STORE -o OUT.h5");
    const auto split = read_split(options);
    const auto output = output_path(options);
    refuse_stream(output, "--output");
    store::check_target(output, overwrite(options));
    auto opened = train::open_run(input.run, build_id());
    choose_domain(options, opened, input.store);
    const store::TrajectoryReader store(one_store(input.store));
    const auto& config = opened.model.config();
    train::expect_fit(store, config, opened.config.components);
    const auto objectives =
        of_values(answerable_objectives(context, opened), options.count("objective") != 0);

    window::Loader loader(store, split, config.context, config.layout.modalities(), context.seed(),
                          {opened.config.scaler});
    const auto windows = apply::infill_windows(loader.index());
    apply::InfillWriter writer(
        output, overwrite(options), static_cast<std::int64_t>(windows.size()), loader.channels(),
        opened.config.scaler, objectives, history_of(context, input, opened, store));
    const auto scores = apply::infill(opened.model, store, loader, windows, objectives,
                                      {context.seed(),
                                       [&](std::int64_t done, std::int64_t total) {
                                           context.stop.check();
                                           context.terminal.progress(done, total, "windows");
                                       }},
                                      writer);
    writer.finish();
    report(output.string(), windows.size(), scores, context.terminal);
    return kDone;
}

}  // namespace

const Command kInfill{"infill",
                      "RUN STORE -o OUT.h5 [--objective SPEC]... [--split val] [OPTION]...",
                      "predicts what objectives hide, in the data's own units",
                      {"input"},
                      declare_infill,
                      run_infill};

}  // namespace mast::cli
