#include "mast/signals.h"

#include <array>
#include <csignal>

namespace mast::cli {

namespace {

constexpr std::array kSignals{SIGINT, SIGTERM};

// A signal handler has no other way to anything.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
StopFlag* asked = nullptr;

/// After the first signal the defaults are back, so that the second one kills: its own at once, by
/// SA_RESETHAND, and here that of the other.
extern "C" void on_signal(int number) {
    asked->request(number);
    struct sigaction killed = {};
    killed.sa_handler = SIG_DFL;
    for (const int each : kSignals)
        sigaction(each, &killed, nullptr);
}

}  // namespace

void stop_on_signals(StopFlag& flag) {
    asked = &flag;
    struct sigaction action = {};
    action.sa_handler = on_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
    // A second one waits until the first has been taken.
    sigemptyset(&action.sa_mask);
    for (const int each : kSignals)
        sigaddset(&action.sa_mask, each);
    for (const int each : kSignals)
        sigaction(each, &action, nullptr);
}

}  // namespace mast::cli
