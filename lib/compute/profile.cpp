#include "compute/profile.h"

namespace mast::compute {

namespace {

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): each thread has its own
thread_local Profile* asked_for = nullptr;

}  // namespace

void profile_into(Profile* profile) {
    asked_for = profile;
}

OpTimer::OpTimer(Op op)
    : op_(op), profile_(asked_for), start_(profile_ == nullptr ? 0.0 : profile_->now()) {}

OpTimer::~OpTimer() {
    if (profile_ == nullptr) return;
    profile_->seconds[static_cast<std::size_t>(op_)] += profile_->now() - start_;
}

}  // namespace mast::compute
