#include "mask/attention.h"

#include <algorithm>

namespace mast::mask {

std::vector<std::uint8_t> causal_attention(std::int64_t n) {
    std::vector<std::uint8_t> attend(static_cast<std::size_t>(n * n), 0);
    for (std::int64_t q = 0; q < n; ++q) {
        std::fill_n(attend.begin() + q * n, q + 1, std::uint8_t{1});
    }
    return attend;
}

std::vector<std::uint8_t> full_attention(std::int64_t n) {
    return std::vector<std::uint8_t>(static_cast<std::size_t>(n * n), 1);
}

}  // namespace mast::mask
