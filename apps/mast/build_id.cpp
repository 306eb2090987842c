#include "mast/build_id.h"

#include <fstream>
#include <vector>

#include "base/hash.h"

namespace mast::cli {

std::string build_id() {
    std::ifstream in("/proc/self/exe", std::ios::binary);
    if (!in) return "";
    constexpr std::size_t kBlock = std::size_t{1} << 20U;
    std::vector<char> block(kBlock);
    Hasher hasher;
    while (in.read(block.data(), static_cast<std::streamsize>(kBlock)) || in.gcount() > 0)
        hasher.add(block.data(), static_cast<std::size_t>(in.gcount()));
    return hash_text(hasher.value());
}

}  // namespace mast::cli
