// SIGINT and SIGTERM ask for a stop at the next safe place; the second one, of either kind, kills.
#pragma once

#include "base/stop.h"

namespace mast::cli {

/// Installs the handlers; `flag` must outlive the program's work.
void stop_on_signals(StopFlag& flag);

}  // namespace mast::cli
