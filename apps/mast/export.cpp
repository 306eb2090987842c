// mast export: a store becomes a file of one of the community's layouts.
#include <fmt/format.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/error.h"
#include "mast/commands.h"
#include "mast/json.h"
#include "mast/option_value.h"
#include "mast/options.h"
#include "mast/store_paths.h"
#include "publish/layout.h"

namespace po = boost::program_options;

namespace mast::cli {

namespace {

std::vector<std::string> layout_names() {
    std::vector<std::string> names;
    for (const auto* layout : publish::layouts())
        names.emplace_back(layout->name);
    return names;
}

std::string format_texts() {
    std::vector<std::string> texts;
    for (const auto* layout : publish::layouts())
        texts.push_back(fmt::format("{}: {}", layout->name, layout->summary));
    return fmt::format("{} (required)", fmt::join(texts, "; "));
}

void declare_export(po::options_description& options) {
    options.add_options()("input", path<std::vector<std::string>>("STORE"),
                          "a store, or its shards as a quoted pattern");
    add_output_options(options);
    options.add_options()("format", one_of(layout_names()), format_texts().c_str());
}

std::string input_of(const Options& options) {
    if (options.count("input") != 0) {
        const auto& words = options["input"].as<std::vector<std::string>>();
        if (words.size() == 1) return words.front();
    }
    fail<UsageError>("expected one input, a store: mast export STORE -o FILE --format d4rl");
}

const publish::Layout& layout_of(const Options& options) {
    if (options.count("format") == 0)
        fail<UsageError>("--format: is missing, expected {}", fmt::join(layout_names(), " or "));
    return publish::find_layout(options["format"].as<std::string>());
}

int run_export(Context& context) {
    const auto& options = context.options;
    const auto input = input_of(options);
    refuse_stream(input, "input");
    const auto output = output_path(options);
    refuse_stream(output, "--output");
    const auto& layout = layout_of(options);
    store::check_target(output, overwrite(options));
    const store::TrajectoryReader store(one_store(input));
    std::vector<std::string> inputs;
    for (const auto& file : store.files())
        inputs.push_back(fmt::format("{} {}", file.path.string(), file.content));
    auto history = store.history();
    history.push_back(context.history_entry(inputs));
    const auto lost =
        layout.write(store, {output, overwrite(options), history, [&](auto steps) {
                                 context.stop.check();
                                 context.terminal.progress(steps, store.steps(), "steps");
                             }});
    context.terminal.end_progress();
    std::vector<std::string> names;
    for (const auto& loss : lost) {
        names.push_back(loss.what);
        if (!loss.text.empty()) context.terminal.warn(loss.text);
    }
    const Json line{{"output", output.string()},
                    {"format", layout.name},
                    {"episodes", store.episodes().size()},
                    {"steps", store.steps()},
                    {"lost", names},
                    {"seconds", std::round(context.terminal.seconds() * 1000) / 1000}};
    context.terminal.result(line.dump());
    return kDone;
}

}  // namespace

const Command kExport{"export",
                      "STORE -o FILE --format d4rl|minari [OPTION]...",
                      "writes a store in a layout that others read",
                      {"input"},
                      declare_export,
                      run_export};

}  // namespace mast::cli
