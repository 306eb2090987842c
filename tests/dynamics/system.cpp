#include "dynamics/system.h"

#include "dynamics/cartpole.h"
#include "dynamics/pendulum.h"

namespace mast::test {

std::unique_ptr<System> make_system(const std::string& name) {
    if (name == "cartpole") return std::make_unique<Cartpole>();
    if (name == "pendulum") return std::make_unique<Pendulum>();
    return nullptr;
}

}  // namespace mast::test
