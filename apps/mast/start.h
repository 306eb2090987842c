// A training from its first step, or from where --resume finds it.
#pragma once

#include <filesystem>

#include "mast/command.h"
#include "mast/training_session.h"

namespace mast::cli {

/// Makes what a new run in `folder` trains, and refuses what cannot be; of every process.
using Prepare = Training (*)(Context& context, const std::filesystem::path& folder);

/// All that mast pretrain and finetune do once their options are read; returns the exit code.
int run_training(Context& context, Prepare prepare);

}  // namespace mast::cli
