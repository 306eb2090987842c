#include "damage/damage.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>

#include "base/error.h"
#include "base/printable.h"
#include "base/sanitizers.h"
#include "support/hdf5_leaks.h"
#include "support/temp_dir.h"

namespace mast::test {

namespace {

/// Sebastiano Vigna's splitmix64: a number for each number.
std::uint64_t mixed(std::uint64_t i) {
    i += 0x9E3779B97F4A7C15U;
    i = (i ^ (i >> 30U)) * 0xBF58476D1CE4E5B9U;
    i = (i ^ (i >> 27U)) * 0x94D049BB133111EBU;
    return i ^ (i >> 31U);
}

/// While it lives, the process gets no more than so much address space on top of what it has.
class MemoryBound {
  public:
    explicit MemoryBound(rlim_t more) {
        ::getrlimit(RLIMIT_AS, &before_);
        if (kSanitized) return;
        std::ifstream statm("/proc/self/statm");
        rlim_t pages = 0;
        statm >> pages;
        rlimit bound = before_;
        bound.rlim_cur = pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + more;
        ::setrlimit(RLIMIT_AS, &bound);
    }
    ~MemoryBound() { ::setrlimit(RLIMIT_AS, &before_); }
    MemoryBound(const MemoryBound&) = delete;
    MemoryBound& operator=(const MemoryBound&) = delete;

  private:
    rlimit before_{};
};

std::string spoilt(std::string bytes, const Damage& damage) {
    if (damage.flip == 0) return bytes.substr(0, damage.place);
    bytes[damage.place] = static_cast<char>(static_cast<unsigned char>(bytes[damage.place]) ^
                                            static_cast<unsigned>(damage.flip));
    return bytes;
}

void count(const Damage& damage, const std::filesystem::path& path, const std::string& content,
           const Read& read, Tally& tally) {
    const auto bad = [&](const std::string& what) {
        tally.bad.push_back(damage.name + ": " + what);
    };
    try {
        ++(read(path) == content ? tally.harmless : tally.changed);
    } catch (const Error& error) {
        ++tally.refused;
        if (std::string(error.what()).find(": ") == std::string::npos) bad(error.what());
    } catch (const std::exception& error) {
        bad(error.what());
    }
}

}  // namespace

std::vector<Damage> damages(std::size_t bytes, std::size_t cuts, std::size_t flips) {
    std::vector<Damage> all;
    for (std::size_t i = 0; i < cuts; ++i) {
        const auto place = bytes * i / cuts;
        all.push_back({fmt::format("cut to {}", place), place, 0});
    }
    for (std::size_t i = 0; i < flips; ++i) {
        // Every byte of a small file, and bytes at even distances of a large one; in half of the
        // cases a single bit.
        const auto place = bytes * i / flips;
        const auto random = mixed(i);
        const auto flip = static_cast<unsigned char>(random % 2 == 0 ? 1U << (random >> 8U) % 8
                                                                     : 1 + (random >> 8U) % 255);
        all.push_back({fmt::format("byte {} xor {:#04x}", place, flip), place, flip});
    }
    return all;
}

Share share_of_this_run() {
    const auto* const wanted = std::getenv("MAST_DAMAGE");
    if (wanted != nullptr && std::string(wanted) == "full") return {500, 2000};
    return {60, 240};
}

Tally read_damaged(const std::filesystem::path& whole, const Read& read) {
    std::ifstream in(whole, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    const auto content = read(whole);
    const TempDir dir;
    const auto path = dir / whole.filename().string();
    const MemoryBound bound(rlim_t{512} << 20U);
    Tally tally;
    const auto [cuts, flips] = share_of_this_run();
    for (const auto& damage : damages(bytes.size(), cuts, flips)) {
        std::ofstream(path, std::ios::binary | std::ios::trunc) << spoilt(bytes, damage);
        count(damage, path, content, read, tally);
    }
    return tally;
}

}  // namespace mast::test
