// A wish to stop, set by a signal handler and looked at between pieces of work.
#pragma once

#include <csignal>

namespace mast {

/// Thrown where work ends early because of a signal; nothing half-made stays behind.
struct Interrupted {
    int signal_number;
};

/// Holds the number of the signal that asked for the stop, or 0. request() is async-signal-safe.
class StopFlag {
  public:
    void request(int signal_number) { signal_ = signal_number; }
    bool requested() const { return signal_ != 0; }
    int signal_number() const { return signal_; }
    /// Throws Interrupted if a stop was asked for.
    void check() const {
        if (requested()) throw Interrupted{signal_};
    }

  private:
    volatile std::sig_atomic_t signal_ = 0;
};

}  // namespace mast
