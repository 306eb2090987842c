// mast merge: shards of a store become the store that they are in all.
#include <fmt/format.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/error.h"
#include "mast/commands.h"
#include "mast/json.h"
#include "mast/options.h"
#include "mast/store_paths.h"
#include "store/merge.h"

namespace po = boost::program_options;

namespace mast::cli {

namespace {

void declare_merge(po::options_description& options) {
    options.add_options()("input", path<std::vector<std::string>>("SHARD"),
                          "all shards that mast ingest --shard wrote of one store");
    add_output_options(options);
}

std::vector<std::filesystem::path> shards(const Options& options) {
    std::vector<std::filesystem::path> paths;
    if (options.count("input") != 0) {
        for (const auto& word : options["input"].as<std::vector<std::string>>()) {
            refuse_stream(word, "input");
            for (auto& path : matches(word))
                paths.push_back(std::move(path));
        }
    }
    if (paths.empty())
        fail<UsageError>("no input, expected shards (make them with mast ingest --shard)");
    const auto wholes = store::join_shards(paths);
    if (wholes.size() > 1) {
        fail<DataError>("{}: is no shard of the same store as {}, expected shards of one store",
                        wholes[1].front().string(), wholes[0].front().string());
    }
    if (wholes.front().size() == 1) {
        fail<DataError>("{}: is whole by itself, expected shards (there is nothing to join)",
                        paths.front().string());
    }
    return wholes.front();
}

int run_merge(Context& context) {
    const auto& options = context.options;
    const auto output = output_path(options);
    refuse_stream(output, "--output");
    store::check_target(output, overwrite(options));
    const store::TrajectoryReader store(shards(options));
    std::vector<std::string> inputs;
    for (const auto& file : store.files())
        inputs.push_back(fmt::format("{} {}", file.path.string(), file.content));
    auto history = store.history();
    history.push_back(context.history_entry(inputs));
    store::merge(store, output, overwrite(options), history, [&](std::int64_t steps) {
        context.stop.check();
        context.terminal.progress(steps, store.steps(), "steps");
    });
    const Json line{{"output", output.string()},
                    {"shards", inputs.size()},
                    {"episodes", store.episodes().size()},
                    {"steps", store.steps()},
                    {"seconds", std::round(context.terminal.seconds() * 1000) / 1000}};
    context.terminal.result(line.dump());
    return kDone;
}

}  // namespace

const Command kMerge{"merge",
                     "SHARD... -o STORE.h5 [OPTION]...",
                     "joins the shards of a store",
                     {"input"},
                     declare_merge,
                     run_merge};

}  // namespace mast::cli
