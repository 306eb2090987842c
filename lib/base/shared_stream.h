// A one-way stream of bytes from a child process to its parent, through memory that both have.
#pragma once

#include <cstddef>
#include <span>

namespace mast {

/// Made before the fork; then each process keeps its half. The sender fills one slot of the memory
/// while the receiver empties another, so that both work at once; a socket tells which are full and
/// which are free. The receiver copies before it looks, and trusts no number of the other side.
class SharedStream {
  public:
    /// The other side is gone.
    struct Closed {};

    /// Throws IoError where the system has no memory or descriptor for it.
    SharedStream();
    ~SharedStream();
    SharedStream(const SharedStream&) = delete;
    SharedStream& operator=(const SharedStream&) = delete;

    /// The sender's only descriptor: it is written and read.
    int sender() const { return sender_; }
    void keep_sender();
    void keep_receiver();

    /// Waits for a free slot where all are full. Throws Closed.
    void send(std::span<const std::byte> bytes);
    /// Hands on what does not fill a slot.
    void flush();

    /// Copies up to out.size() bytes and returns how many; 0 where none came within wait_ms. Throws
    /// Closed at the end, or where the sender does not keep to the rules.
    std::size_t receive(std::span<std::byte> out, int wait_ms);

  private:
    std::span<std::byte> slot(std::size_t number) const;

    std::byte* memory_ = nullptr;
    int sender_ = -1;
    int receiver_ = -1;

    std::size_t filling_ = 0;  ///< of the sender: its slot,
    std::size_t filled_ = 0;   ///< bytes in it,
    std::size_t free_;         ///< and slots that it may fill

    std::size_t emptying_ = 0;  ///< of the receiver: its slot,
    std::size_t emptied_ = 0;   ///< bytes of it that are done,
    std::size_t held_ = 0;      ///< and bytes that it holds
};

}  // namespace mast
