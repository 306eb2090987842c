#include "base/thread.h"

#include <system_error>
#include <utility>

namespace mast {

std::thread try_thread(std::function<void()> body) {
    try {
        return std::thread(std::move(body));
    } catch (const std::system_error&) {
        return {};
    }
}

}  // namespace mast
