#include "base/shared_stream.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace mast {

namespace {

constexpr std::size_t kSlots = 4;
constexpr std::size_t kSlotBytes = std::size_t{2} << 20U;

/// What the sender tells of a slot.
using Filled = std::uint32_t;

[[noreturn]] void refuse() {
    fail<IoError>("a process for reading cannot be started ({}), expected one more (end others)",
                  std::strerror(errno));
}

void close_end(int& descriptor) {
    if (descriptor >= 0) ::close(std::exchange(descriptor, -1));
}

}  // namespace

SharedStream::SharedStream() : free_(kSlots) {
    std::array<int, 2> low{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, low.data()) != 0) refuse();
    // Above the standard descriptors, even where those are closed.
    sender_ = ::fcntl(low[0], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    receiver_ = ::fcntl(low[1], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    void* const memory = ::mmap(nullptr, kSlots * kSlotBytes, PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (const int descriptor : low)
        ::close(descriptor);
    if (memory != MAP_FAILED) memory_ = static_cast<std::byte*>(memory);
    if (memory_ != nullptr && sender_ >= 0 && receiver_ >= 0) return;
    close_end(sender_);
    close_end(receiver_);
    if (memory_ != nullptr) ::munmap(memory_, kSlots * kSlotBytes);
    refuse();
}

SharedStream::~SharedStream() {
    close_end(sender_);
    close_end(receiver_);
    ::munmap(memory_, kSlots * kSlotBytes);
}

void SharedStream::keep_sender() {
    close_end(receiver_);
}

void SharedStream::keep_receiver() {
    close_end(sender_);
}

std::span<std::byte> SharedStream::slot(std::size_t number) const {
    return {memory_ + number % kSlots * kSlotBytes, kSlotBytes};
}

void SharedStream::send(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        while (free_ == 0) {
            char freed = 0;
            const auto got = ::read(sender_, &freed, 1);
            if (got == 0 || (got < 0 && errno != EINTR)) throw Closed{};
            if (got == 1) ++free_;
        }
        const auto count = std::min(bytes.size(), kSlotBytes - filled_);
        std::copy_n(bytes.data(), count, slot(filling_).data() + filled_);
        bytes = bytes.subspan(count);
        filled_ += count;
        if (filled_ == kSlotBytes) flush();
    }
}

void SharedStream::flush() {
    if (filled_ == 0) return;
    const auto filled = static_cast<Filled>(std::exchange(filled_, 0));
    ++filling_;
    --free_;
    if (::write(sender_, &filled, sizeof(filled)) != sizeof(filled)) throw Closed{};
}

std::size_t SharedStream::receive(std::span<std::byte> out, int wait_ms) {
    if (out.empty()) return 0;
    if (emptied_ == held_) {
        pollfd ready{receiver_, POLLIN, 0};
        if (::poll(&ready, 1, wait_ms) <= 0) return 0;
        Filled filled = 0;
        if (::recv(receiver_, &filled, sizeof(filled), MSG_DONTWAIT) != sizeof(filled) ||
            filled == 0 || filled > kSlotBytes) {
            throw Closed{};
        }
        emptied_ = 0;
        held_ = filled;
    }
    const auto count = std::min(out.size(), held_ - emptied_);
    std::copy_n(slot(emptying_).data() + emptied_, count, out.data());
    emptied_ += count;
    if (emptied_ == held_) {
        ++emptying_;
        const char freed = 1;
        // A sender that is gone, or that never asks, misses nothing.
        ::send(receiver_, &freed, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    return count;
}

}  // namespace mast
