#include "base/random.h"

#include <Random123/philox.h>
#include <Random123/threefry.h>

#include <bit>
#include <cmath>
#include <numbers>

#include "base/assert.h"
#include "base/hash.h"

namespace mast {

namespace {

std::array<std::uint32_t, 2> halves(std::uint64_t value) {
    return {static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(value >> 32U)};
}

std::array<std::uint32_t, 4> philox(const std::array<std::uint32_t, 4>& counter,
                                    const std::array<std::uint32_t, 2>& key) {
    const r123::Philox4x32 generator;
    const auto out =
        generator({{counter[0], counter[1], counter[2], counter[3]}}, {{key[0], key[1]}});
    return {out[0], out[1], out[2], out[3]};
}

std::uint64_t purpose_key(std::uint64_t seed, std::string_view purpose) {
    return seed ^ hash64(purpose.data(), purpose.size());
}

}  // namespace

Random::Random(std::uint64_t seed, std::string_view purpose, std::uint64_t index)
    : key_(halves(purpose_key(seed, purpose))),
      counter_{0, 0, halves(index)[0], halves(index)[1]} {}

std::uint32_t Random::bits() {
    if (used_ == 4) {
        block_ = philox(counter_, key_);
        if (++counter_[0] == 0) ++counter_[1];
        used_ = 0;
    }
    return block_[static_cast<std::size_t>(used_++)];
}

std::uint64_t Random::bits64() {
    const std::uint64_t low = bits();
    return low | (static_cast<std::uint64_t>(bits()) << 32U);
}

double Random::uniform() {
    return static_cast<double>(bits64() >> 11U) * 0x1.0p-53;
}

std::int64_t Random::below(std::int64_t n) {
    MAST_ASSERT(n >= 1);
    const auto range = static_cast<std::uint64_t>(n);
    // The last, incomplete run of remainders is drawn again, so that each is equally likely.
    const std::uint64_t surplus = (0 - range) % range;
    std::uint64_t value = bits64();
    while (value < surplus)
        value = bits64();
    return static_cast<std::int64_t>(value % range);
}

double Random::normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

std::array<std::uint32_t, 4> threefry_key(std::uint64_t a, std::uint64_t b) {
    return {halves(a)[0], halves(a)[1], halves(b)[0], halves(b)[1]};
}

std::array<std::uint32_t, 4> threefry(const std::array<std::uint32_t, 4>& counter,
                                      const std::array<std::uint32_t, 4>& key) {
    using Generator = r123::Threefry4x32;
    const Generator::ctr_type at{{counter[0], counter[1], counter[2], counter[3]}};
    const Generator::key_type under{{key[0], key[1], key[2], key[3]}};
    const auto out = Generator{}(at, under);
    return {out[0], out[1], out[2], out[3]};
}

Permutation::Permutation(std::int64_t n, std::uint64_t seed, std::string_view purpose,
                         std::uint64_t index)
    : n_(n),
      half_bits_(static_cast<int>(std::bit_width(static_cast<std::uint64_t>(n - 1)) + 1) / 2),
      key_(halves(purpose_key(seed, purpose))),
      tweak_(halves(index)) {
    MAST_ASSERT(n >= 1);
}

std::uint64_t Permutation::encrypt(std::uint64_t value) const {
    const std::uint64_t mask = (std::uint64_t{1} << static_cast<unsigned>(half_bits_)) - 1;
    std::uint64_t left = value >> static_cast<unsigned>(half_bits_);
    std::uint64_t right = value & mask;
    constexpr std::uint32_t kRounds = 6;
    for (std::uint32_t round = 0; round < kRounds; ++round) {
        // Philox as the round function: its counter is (half, round, tweak).
        const auto mixed =
            philox({static_cast<std::uint32_t>(right), round, tweak_[0], tweak_[1]}, key_);
        const std::uint64_t next = left ^ (mixed[0] & mask);
        left = right;
        right = next;
    }
    return (left << static_cast<unsigned>(half_bits_)) | right;
}

std::int64_t Permutation::operator()(std::int64_t i) const {
    MAST_ASSERT(i >= 0 && i < n_);
    auto value = static_cast<std::uint64_t>(i);
    do {
        value = encrypt(value);
    } while (value >= static_cast<std::uint64_t>(n_));
    return static_cast<std::int64_t>(value);
}

}  // namespace mast
