// Files cut short and with bytes changed, at places that are the same in every run.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace mast::test {

/// One way to spoil a file.
struct Damage {
    std::string name;  ///< "cut to 17", "byte 17 xor 0x80"
    std::size_t place;
    unsigned char flip;  ///< 0: cut there
};

/// `cuts` lengths and `flips` changed bytes, spread over a file of so many bytes.
std::vector<Damage> damages(std::size_t bytes, std::size_t cuts, std::size_t flips);

/// The share of all damages that this run tries: MAST_DAMAGE=full gives 500 cuts and 2,000 flips.
struct Share {
    std::size_t cuts, flips;
};
Share share_of_this_run();

/// What reads a file: a text of all that it found, or an Error.
using Read = std::function<std::string(const std::filesystem::path&)>;

/// How many damages had which outcome.
struct Tally {
    int refused = 0;
    int harmless = 0;              ///< what was read is what was written
    int changed = 0;               ///< what was read is something else
    std::vector<std::string> bad;  ///< thrown, but not as one line of ours
};

/// Reads the file with each of its damages. Memory beyond a bound is not given: a size that was
/// believed shows as a bad outcome.
Tally read_damaged(const std::filesystem::path& whole, const Read& read);

}  // namespace mast::test
