// A pole on a cart that is pushed left or right (Barto, Sutton and Anderson 1983, appendix, without
// friction), with the constants and limits of CartPole-v1; Euler steps.
#pragma once

#include <array>
#include <cmath>
#include <numbers>

#include "base/random.h"
#include "dynamics/system.h"

namespace mast::test {

class Cartpole : public System {
  public:
    /// position (m), speed (m/s), angle from upright (rad), its speed (rad/s)
    using State = std::array<double, 4>;

    void set(const State& state) { state_ = state; }
    void reset(std::uint64_t seed, std::uint64_t episode) override {
        Random random(seed, "cartpole", episode);
        for (auto& value : state_)
            value = 0.1 * random.uniform() - 0.05;
    }
    std::vector<float> observation() const override { return {state_.begin(), state_.end()}; }
    std::int64_t limit() const override { return 500; }
    std::size_t action_columns() const override { return 1; }

    Outcome step(const std::vector<double>& action) override {
        constexpr double kGravity = 9.8, kPole = 0.1, kTotal = 1.1, kHalfLength = 0.5;
        constexpr double kMoment = kPole * kHalfLength, kForce = 10.0, kSeconds = 0.02;
        auto& [x, speed, angle, turning] = state_;
        const double force = action.at(0) == 1 ? kForce : -kForce;
        const double pull = (force + kMoment * turning * turning * std::sin(angle)) / kTotal;
        const double angular =
            (kGravity * std::sin(angle) - std::cos(angle) * pull) /
            (kHalfLength * (4.0 / 3.0 - kPole * std::cos(angle) * std::cos(angle) / kTotal));
        const double linear = pull - kMoment * angular * std::cos(angle) / kTotal;
        x += kSeconds * speed;
        speed += kSeconds * linear;
        angle += kSeconds * turning;
        turning += kSeconds * angular;
        constexpr double kWidest = 12 * std::numbers::pi / 180;
        return {1.0, std::abs(x) > 2.4 || std::abs(angle) > kWidest};
    }

  private:
    State state_{};
};

}  // namespace mast::test
