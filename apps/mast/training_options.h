// The options of commands that train, and the run that they ask for.
#pragma once

#include <boost/program_options.hpp>

#include <optional>
#include <string>
#include <vector>

#include "mast/options.h"
#include "train/run_config.h"
#include "train/trainer.h"

namespace mast::cli {

/// From --steps to --resume: what pretrain and finetune have in common beside the objectives.
void add_training_options(boost::program_options::options_description& options);
void add_mask_token_option(boost::program_options::options_description& options);

/// --exchange: what gradients travel as between processes.
void add_exchange_option(boost::program_options::options_description& options);
/// Throws UsageError.
train::Wire read_exchange(const Options& options);

/// The paths given; throws UsageError if there are none.
std::vector<std::string> input_paths(const Options& options);

/// The run with what the command line asks of its training: objectives, steps, rates, seed. A
/// learning rate that is not given stays. Throws UsageError.
train::RunConfig asked_training(const Options& options, train::RunConfig run);
/// Throws UsageError.
std::optional<float> read_mask_token(const Options& options);
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
