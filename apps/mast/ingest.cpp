// mast ingest: reads recorded trajectories of foreign layouts into one store.
#include <fmt/format.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/error.h"
#include "ingest/ingest.h"
#include "mast/commands.h"
#include "mast/json.h"
#include "mast/options.h"

namespace po = boost::program_options;

namespace mast::cli {

namespace {

std::vector<std::string> format_names() {
    std::vector<std::string> names;
    for (const auto* format : ingest::formats())
        names.emplace_back(format->name);
    return names;
}

void declare_ingest(po::options_description& options) {
    auto add = options.add_options();
    add("input", path<std::vector<std::string>>("IN"),
        "HDF5 files, or folders of Minari datasets; several become one store");
    add_output_options(options);
    add("format", begins_with("FORMAT", format_names()),
        fmt::format("{}; found out where it is not given", fmt::join(format_names(), ", "))
            .c_str());
    add("map", value<std::string>("FIELD=PATH,..."),
        "where fields lie, e.g. observations=a+b,actions=c; a * stands for an episode's number");
    add("val", value<Fraction>("FRACTION")->default_value(Fraction{0.1}),
        "fraction of episodes held out for validation");
    add("test", value<Fraction>("FRACTION")->default_value(Fraction{0}),
        "fraction of episodes held out for the test");
    add_shard_option(options);
    add("discount", value<Fraction>("FRACTION")->default_value(Fraction{1}), "of the return-to-go");
}

ingest::IngestOptions read_options(const Options& options, std::uint64_t seed) {
    ingest::IngestOptions result;
    if (options.count("format") != 0) {
        result.format = &ingest::find_format(options["format"].as<std::string>());
    }
    if (options.count("map") != 0) {
        result.map = ingest::parse_field_map(options["map"].as<std::string>());
    }
    result.split = {options["val"].as<Fraction>().value, options["test"].as<Fraction>().value,
                    seed};
    if (result.split.val + result.split.test >= 1) {
        fail<UsageError>(
            "--val: {} and --test {} leave nothing to train on, expected less than 1 together",
            result.split.val, result.split.test);
    }
    result.discount = options["discount"].as<Fraction>().value;
    result.shard = read_shard(options);
    result.overwrite = overwrite(options);
    return result;
}

std::string to_json(const ingest::IngestReport& report, const std::string& output, double seconds) {
    const bool discrete = report.spec.action_kind == store::ActionKind::discrete;
    Json json{{"output", output},
              {"format", report.format},
              {"episodes", report.episodes},
              {"steps", report.steps},
              {"observation_dim", report.spec.obs_dim},
              {"action_dim", report.spec.act_dim},
              {"action_kind", discrete ? "discrete" : "continuous"},
              {"terminated", report.terminated},
              {"truncated", report.truncated},
              {"unfinished", report.unfinished},
              {"seconds", std::round(seconds * 1000) / 1000}};
    if (report.spec.action_masks) json["action_mask"] = true;
    return json.dump();
}

int run_ingest(Context& context) {
    const auto& options = context.options;
    if (options.count("input") == 0) {
        fail<UsageError>("no input, expected HDF5 files (mast ingest IN... -o STORE.h5)");
    }
    const auto& words = options["input"].as<std::vector<std::string>>();
    for (const auto& word : words)
        refuse_stream(word, "input");
    const auto output = output_path(options);
    refuse_stream(output, "--output");
    auto plan = read_options(options, context.seed());
    plan.history = context.history_entry({});
    plan.progress = [&](std::int64_t steps, std::int64_t total) {
        context.stop.check();
        context.terminal.progress(steps, total, "steps");
    };
    const auto report = ingest::ingest({words.begin(), words.end()}, output, plan);
    context.terminal.end_progress();
    for (const auto& text : report.warnings)
        context.terminal.warn(text);
    context.terminal.result(to_json(report, output.string(), context.terminal.seconds()));
    context.terminal.table(
        {{"episodes", "steps", "observation", "action", "terminated", "truncated", "unfinished"},
         {fmt::to_string(report.episodes), fmt::to_string(report.steps),
          fmt::to_string(report.spec.obs_dim), fmt::to_string(report.spec.act_dim),
          fmt::to_string(report.terminated), fmt::to_string(report.truncated),
          fmt::to_string(report.unfinished)}});
    return kDone;
}

}  // namespace

const Command kIngest{"ingest",
                      "IN... -o STORE.h5 [OPTION]...",
                      "reads recorded trajectories into a store",
                      {"input"},
                      declare_ingest,
                      run_ingest};

}  // namespace mast::cli
