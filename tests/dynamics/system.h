// A controlled system that a policy can be tried in, in closed loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mast::test {

struct Outcome {
    double reward = 0;
    bool terminated = false;
};

/// Steps are those of the environment of that name; its state is in double precision.
class System {
  public:
    virtual ~System() = default;

    /// Draws the first state of an episode: that of (seed, episode) alone.
    virtual void reset(std::uint64_t seed, std::uint64_t episode) = 0;
    virtual std::vector<float> observation() const = 0;
    /// action: its values, or the number of the class alone.
    virtual Outcome step(const std::vector<double>& action) = 0;
    /// Steps after which an episode is cut.
    virtual std::int64_t limit() const = 0;
    virtual std::size_t action_columns() const = 0;
};

/// "cartpole" or "pendulum"; null for another name.
std::unique_ptr<System> make_system(const std::string& name);

}  // namespace mast::test
