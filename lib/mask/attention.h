// Who may look at whom, before an objective takes anything away.
#pragma once

#include <cstdint>
#include <vector>

namespace mast::mask {

/// (n, n) row q sees columns 0 .. q.
std::vector<std::uint8_t> causal_attention(std::int64_t n);

/// (n, n) every row sees every column.
std::vector<std::uint8_t> full_attention(std::int64_t n);

}  // namespace mast::mask
