// A pendulum with a motor at its joint, as in Pendulum-v1: a rod of 1 kg and 1 m under 10 m/s^2,
// torque within 2 N m, speed within 8 rad/s; semi-implicit Euler steps of 50 ms.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/random.h"
#include "dynamics/system.h"

namespace mast::test {

class Pendulum : public System {
  public:
    /// angle from upright (rad), speed (rad/s)
    void set(double angle, double speed) {
        angle_ = angle;
        speed_ = speed;
    }
    void reset(std::uint64_t seed, std::uint64_t episode) override {
        Random random(seed, "pendulum", episode);
        angle_ = std::numbers::pi * (2 * random.uniform() - 1);
        speed_ = 2 * random.uniform() - 1;
    }
    std::vector<float> observation() const override {
        return {static_cast<float>(std::cos(angle_)), static_cast<float>(std::sin(angle_)),
                static_cast<float>(speed_)};
    }
    std::int64_t limit() const override { return 200; }
    std::size_t action_columns() const override { return 1; }

    Outcome step(const std::vector<double>& action) override {
        constexpr double kSeconds = 0.05;
        const double torque = std::clamp(action.at(0), -2.0, 2.0);
        const double off = std::remainder(angle_, 2 * std::numbers::pi);
        const double cost = off * off + 0.1 * speed_ * speed_ + 0.001 * torque * torque;
        speed_ += (15.0 * std::sin(angle_) + 3.0 * torque) * kSeconds;
        speed_ = std::clamp(speed_, -8.0, 8.0);
        angle_ += speed_ * kSeconds;
        return {-cost, false};
    }

  private:
    double angle_ = 0;
    double speed_ = 0;
};

}  // namespace mast::test
