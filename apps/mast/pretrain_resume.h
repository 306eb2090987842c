// Going on with a run that was stopped, killed, or is to be longer.
#pragma once

#include "mast/command.h"

namespace mast::cli {

/// mast pretrain --resume RUN.
int resume_training(Context& context);

}  // namespace mast::cli
