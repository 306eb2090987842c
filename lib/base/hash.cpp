#include "base/hash.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <new>

namespace mast {

std::uint64_t hash64(const void* data, std::size_t size) {
    return XXH3_64bits(data, size);
}

std::string hash_text(std::uint64_t hash) {
    return fmt::format("xxh3:{:016x}", hash);
}

struct Hasher::State {
    XXH3_state_t* xxh = XXH3_createState();
    State() {
        if (xxh == nullptr || XXH3_64bits_reset(xxh) != XXH_OK) throw std::bad_alloc();
    }
    ~State() { XXH3_freeState(xxh); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
};

Hasher::Hasher() : state_(std::make_unique<State>()) {}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::add(const void* data, std::size_t size) {
    XXH3_64bits_update(state_->xxh, data, size);
}

std::uint64_t Hasher::value() const {
    return XXH3_64bits_digest(state_->xxh);
}

}  // namespace mast
