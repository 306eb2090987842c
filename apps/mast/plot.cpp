// mast plot: runs or a store as a picture.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "apply/plot_run.h"
#include "apply/plot_store.h"
#include "base/error.h"
#include "mast/commands.h"
#include "mast/json.h"
#include "mast/option_value.h"
#include "mast/options.h"
#include "mast/store_paths.h"
#include "store/output_file.h"
#include "train/run_folder.h"

namespace po = boost::program_options;
namespace fs = std::filesystem;

namespace mast::cli {

namespace {

void declare_plot(po::options_description& options) {
    options.add_options()("input", path<std::vector<std::string>>("INPUT"),
                          "runs, which share a picture, or a store");
    add_output_options(options);
}

std::vector<std::string> inputs_of(const Options& options) {
    if (options.count("input") == 0)
        fail<UsageError>("no input, expected runs or a store: mast plot INPUT... -o PICTURE.svg");
    const auto& words = options["input"].as<std::vector<std::string>>();
    for (const auto& word : words)
        refuse_stream(word, "input");
    return words;
}

bool is_folder(const std::string& word) {
    std::error_code ignored;
    return fs::is_directory(word, ignored);
}

/// Each by the end of its path, as far as they differ: "a/run" and "b/run" are "a/run" and "b/run".
std::vector<apply::PlottedRun> named(const std::vector<std::string>& words) {
    std::vector<apply::PlottedRun> runs;
    for (const auto& word : words) {
        train::read_run_config(word);  // refuses what is no run
        auto path = fs::path(word).lexically_normal();
        if (path.filename().empty()) path = path.parent_path();
        const auto last = path.filename();
        const auto same = std::count_if(words.begin(), words.end(), [&](const std::string& other) {
            const auto normal = fs::path(other).lexically_normal();
            return (normal.filename().empty() ? normal.parent_path() : normal).filename() == last;
        });
        runs.push_back({word, same > 1 ? path.string() : last.string()});
    }
    return runs;
}

std::string draw(Context& context, const std::vector<std::string>& words) {
    const auto between = [&] { context.stop.check(); };
    if (std::any_of(words.begin(), words.end(), is_folder)) {
        if (words.size() > apply::kMostRuns) {
            fail<UsageError>("{} runs, expected at most {} in one picture (leave some out)",
                             words.size(), apply::kMostRuns);
        }
        return apply::plot_runs(named(words), between);
    }
    if (words.size() > 1) {
        fail<UsageError>("{} inputs that are no runs, expected one store (plot them apart)",
                         words.size());
    }
    const store::TrajectoryReader store(one_store(words.front()));
    return apply::plot_store(store, name_of_store(words.front()), between);
}

int run_plot(Context& context) {
    const auto words = inputs_of(context.options);
    const auto output = output_path(context.options);
    const bool streams = output == "-";
    if (!streams) store::check_target(output, overwrite(context.options));
    const auto picture = draw(context, words);
    if (streams) {
        context.terminal.write(picture);
        return kDone;
    }
    store::write_file(output, picture, overwrite(context.options));
    const Json line{
        {"output", output.string()}, {"inputs", words.size()}, {"bytes", picture.size()}};
    context.terminal.result(line.dump());
    return kDone;
}

}  // namespace

const Command kPlot{"plot",
                    "INPUT... -o PICTURE.svg [OPTION]...",
                    "draws the course of runs, or what a store holds",
                    {"input"},
                    declare_plot,
                    run_plot};

}  // namespace mast::cli
