// Going on with a run that was stopped, killed, or is to be longer.
#pragma once

#include "mast/command.h"

namespace mast::cli {

/// --resume RUN of mast pretrain and finetune.
int resume_training(Context& context);

}  // namespace mast::cli
