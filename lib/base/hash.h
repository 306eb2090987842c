// XXH3 (64 bits) over bytes: checks of file content and keys of random streams.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace mast {

/// XXH3 of size bytes.
std::uint64_t hash64(const void* data, std::size_t size);

/// "xxh3:0123456789abcdef".
std::string hash_text(std::uint64_t hash);

/// XXH3 of a stream of bytes; the same as hash64 of all of them at once.
class Hasher {
  public:
    Hasher();
    ~Hasher();
    Hasher(Hasher&&) noexcept;
    Hasher& operator=(Hasher&&) noexcept;

    void add(const void* data, std::size_t size);
    std::uint64_t value() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace mast
