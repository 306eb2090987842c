// The options of mast pretrain, and the run that they ask for.
#pragma once

#include <boost/program_options.hpp>

#include <string>
#include <vector>

#include "mast/options.h"
#include "train/run_config.h"
#include "train/trainer.h"

namespace mast::cli {

void declare_pretrain(boost::program_options::options_description& options);

/// The stores or batches given; throws UsageError if there are none.
std::vector<std::string> input_paths(const Options& options);

/// What the command line asks for; what the data says, such as channels, is left open. Throws
/// UsageError.
train::RunConfig asked_run(const Options& options);
/// What is fixed in batches cannot be asked for again. Throws UsageError.
void refuse_fixed(const Options& options);

/// Throws UsageError naming each option that was given and is not what the run was started with;
/// only --steps, --checkpoint-every and --keep may be.
void refuse_contradictions(const Options& options, const train::RunConfig& run);
/// The run with those that may change.
train::RunConfig changed_run(const Options& options, train::RunConfig run);

/// How the run trains. Throws UsageError about --schedule.
train::TrainOptions training_of(const train::RunConfig& run,
                                const std::vector<mask::Objective>& objectives);

}  // namespace mast::cli
