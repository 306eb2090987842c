#include "mast/signals.h"

#include <csignal>

namespace mast::cli {

namespace {

// A signal handler has no other way to anything.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
StopFlag* asked = nullptr;

extern "C" void on_signal(int number) {
    asked->request(number);
}

}  // namespace

void stop_on_signals(StopFlag& flag) {
    asked = &flag;
    struct sigaction action = {};
    action.sa_handler = on_signal;
    // After the first signal the default is back, so that the second one kills.
    action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

}  // namespace mast::cli
