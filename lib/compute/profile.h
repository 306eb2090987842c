// Which operation the time of a training step goes to.
#pragma once

#include <array>
#include <cstddef>

namespace mast::compute {

enum class Op {
    linear,
    linear_by_x,
    linear_by_w,
    pack,
    attention,
    attention_backward,
    gelu,
    layer_norm,
    layer_norm_backward,
    dropout,
    gate,
    rows,
    loss,
    exchange,
    update,
};

inline constexpr std::array kOpNames{"linear",  "linear_by_x", "linear_by_w",
                                     "pack",    "attention",   "attention_backward",
                                     "gelu",    "layer_norm",  "layer_norm_backward",
                                     "dropout", "gate",        "rows",
                                     "loss",    "exchange",    "update"};

/// Seconds by operation. The clock is the caller's: nothing in lib/ knows what time it is.
struct Profile {
    double (*now)() = nullptr;  ///< seconds since any moment
    std::array<double, kOpNames.size()> seconds{};
};

/// While `profile` is set, operations that this thread calls add their time to it; null: they read
/// no clock. It stays the caller's.
void profile_into(Profile* profile);

/// Times an operation from here to the end of the scope.
class OpTimer {
  public:
    explicit OpTimer(Op op);
    ~OpTimer();
    OpTimer(const OpTimer&) = delete;
    OpTimer& operator=(const OpTimer&) = delete;

  private:
    Op op_;
    Profile* profile_;  ///< null: nobody asked
    double start_;
};

}  // namespace mast::compute
