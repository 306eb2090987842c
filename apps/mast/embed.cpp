// mast embed: one representation for each step of a store.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "apply/embed.h"
#include "mask/catalogue.h"
#include "mast/build_id.h"
#include "mast/commands.h"
#include "mast/domains.h"
#include "mast/json.h"
#include "mast/options.h"
#include "mast/run_input.h"
#include "mast/store_paths.h"
#include "train/fit.h"

namespace po = boost::program_options;

namespace mast::cli {

namespace {

void declare_embed(po::options_description& options) {
    add_run_and_store(options);
    add_domain_option(options);
    add_output_options(options);
    options.add_options()("objective", begins_with("SPEC", entry_names(mask::catalogue())),
                          "whose attention the steps look through; else the run's first one's");
}

int run_embed(Context& context) {
    const auto& options = context.options;
    const auto input = run_and_store(options, "embed RUN STORE -o OUT.h5");
    const auto output = output_path(options);
    refuse_stream(output, "--output");
    store::check_target(output, overwrite(options));
    auto opened = train::open_run(input.run, build_id());
    choose_domain(options, opened, input.store);
    const store::TrajectoryReader store(one_store(input.store));
    const auto& config = opened.model.config();
    train::expect_fit(store, config, opened.config.components);
    const auto spec = options.count("objective") == 0 ? opened.config.objectives.front()
                                                      : options["objective"].as<std::string>();
    const auto objective = mask::make_objective(spec, config.layout, config.context);

    window::Loader loader(store, {}, config.context, config.layout.modalities(), context.seed(),
                          {opened.config.scaler});
    apply::embed(opened.model, store, loader, objective,
                 {0,
                  [&](std::int64_t done, std::int64_t total) {
                      context.stop.check();
                      context.terminal.progress(done, total, "windows");
                  }},
                 output, overwrite(options), history_of(context, input, opened, store));
    const Json line{{"output", output.string()},
                    {"steps", store.steps()},
                    {"width", config.width},
                    {"objective", objective.name}};
    context.terminal.result(line.dump());
    context.terminal.note(fmt::format("{} steps, {} columns each, in {:.1f} s", store.steps(),
                                      config.width, context.terminal.seconds()));
    return kDone;
}

}  // namespace

const Command kEmbed{"embed",
                     "RUN STORE -o OUT.h5 [OPTION]...",
                     "one representation for each step of a store",
                     {"input"},
                     declare_embed,
                     run_embed};

}  // namespace mast::cli
