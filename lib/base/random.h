// Counter-based random numbers: a draw is a pure function of its key, never of who drew before.
//
// Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3" (Philox 4x32-10).
// std::*_distribution is not used anywhere: its results differ between standard libraries.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace mast {

/// The stream of draws that belongs to (seed, purpose, index).
/// Same key, same draws: on any machine, for any number of threads, in any order.
class Random {
  public:
    /// purpose: what the draws decide, e.g. "split"; index: which one of these, e.g. a sample.
    Random(std::uint64_t seed, std::string_view purpose, std::uint64_t index);

    /// 32 random bits.
    std::uint32_t bits();
    /// Uniform in [0, 1), with 53 random bits.
    double uniform();
    /// Uniform whole number in 0 .. n-1, without bias; n >= 1.
    std::int64_t below(std::int64_t n);
    /// Standard normal (Box and Muller 1958).
    double normal();

  private:
    std::uint64_t bits64();

    std::array<std::uint32_t, 2> key_;
    std::array<std::uint32_t, 4> counter_;
    std::array<std::uint32_t, 4> block_{};
    int used_ = 4;
};

/// Key words of threefry() for two numbers.
std::array<std::uint32_t, 4> threefry_key(std::uint64_t a, std::uint64_t b);

/// 128 random bits of a counter under a key: Threefry 4x32-20 (Salmon et al. 2011). It needs only
/// sums, shifts and xor, which vectors have: for kernels that draw in bulk.
std::array<std::uint32_t, 4> threefry(const std::array<std::uint32_t, 4>& counter,
                                      const std::array<std::uint32_t, 4>& key);

/// A random order of 0 .. n-1 that needs no table: a Feistel network over the next power of four,
/// walked until it lands inside (Black and Rogaway 2002, "Ciphers with arbitrary finite domains").
class Permutation {
  public:
    /// n >= 1; index: which order of this purpose, e.g. the epoch.
    Permutation(std::int64_t n, std::uint64_t seed, std::string_view purpose, std::uint64_t index);

    /// The element at place i; 0 <= i < n.
    std::int64_t operator()(std::int64_t i) const;

  private:
    std::uint64_t encrypt(std::uint64_t value) const;

    std::int64_t n_;
    int half_bits_;
    std::array<std::uint32_t, 2> key_;
    std::array<std::uint32_t, 2> tweak_;
};

}  // namespace mast
