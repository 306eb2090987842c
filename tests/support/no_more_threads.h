// A system that starts no more threads.
#pragma once

#include <pthread.h>

#include <cstddef>
#include <stdexcept>

namespace mast::test {

/// While it lives, a new thread asks for a stack that no address space can hold.
class NoMoreThreads {
  public:
    NoMoreThreads() {
        if (pthread_getattr_default_np(&before_) != 0) throw std::runtime_error("no attributes");
        pthread_attr_t huge;
        pthread_attr_init(&huge);
        pthread_attr_setstacksize(&huge, std::size_t{1} << 60U);
        const bool set = pthread_setattr_default_np(&huge) == 0;
        pthread_attr_destroy(&huge);
        if (!set) throw std::runtime_error("the default stack cannot be set");
    }
    ~NoMoreThreads() {
        pthread_setattr_default_np(&before_);
        pthread_attr_destroy(&before_);
    }
    NoMoreThreads(const NoMoreThreads&) = delete;
    NoMoreThreads& operator=(const NoMoreThreads&) = delete;

  private:
    pthread_attr_t before_{};
};

}  // namespace mast::test
