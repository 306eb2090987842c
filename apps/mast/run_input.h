// What commands that use a run share: its folder, a store beside it, and objectives that it can
// answer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mast/command.h"
#include "mast/options.h"
#include "train/run_folder.h"

namespace mast::cli {

/// The option "input", as a run and a store.
void add_run_and_store(boost::program_options::options_description& options);

struct RunAndStore {
    std::string run;
    std::string store;
};
/// Throws UsageError, showing the usage, if there are not two.
RunAndStore run_and_store(const Options& options, const std::string& usage);

/// The head that an objective needs and the run never trained; "" if it has all.
std::string missing_head(const mask::Objective& objective, const model::ModelConfig& config);

/// Those of the command line, else those of the run, in its layout. Throws UsageError if one needs
/// a head that the run never trained: it has nothing to say.
std::vector<mask::Objective> answerable_objectives(Context& context, const train::Run& run);

/// The history of what is made of a run and a store by this command.
store::History history_of(const Context& context, const RunAndStore& input, const train::Run& run,
                          const store::TrajectoryReader& store);

}  // namespace mast::cli
