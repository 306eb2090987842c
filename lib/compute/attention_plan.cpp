#include "compute/attention_plan.h"

#include <cmath>
#include <limits>
#include <vector>

namespace mast::compute {

namespace {

constexpr std::int64_t kWidest = 16;  // floats of the widest vector

std::int64_t round_up(std::int64_t x, std::int64_t step) {
    return (x + step - 1) / step * step;
}

constexpr TokenRange kNothing{std::numeric_limits<std::int32_t>::max(), 0};

void include(TokenRange& range, std::int64_t token) {
    range.first = std::min(range.first, static_cast<std::int32_t>(token));
    range.last = std::max(range.last, static_cast<std::int32_t>(token + 1));
}

/// Storage behind a plan; vectors keep their memory from call to call.
struct PlanMemory {
    std::vector<std::int32_t> attend;
    std::vector<std::int32_t> valid;
    std::vector<TokenRange> valid_tokens;
    std::vector<TokenRange> keys;
    std::vector<TokenRange> queries;
};

void widen_attend(const AttentionPlan& p, const AttentionMask& mask, PlanMemory& memory) {
    const std::int64_t n = p.shape.tokens;
    memory.attend.assign(static_cast<std::size_t>(n * p.cols), 0);
    memory.keys.assign(static_cast<std::size_t>(p.rows / kTile), kNothing);
    memory.queries.assign(static_cast<std::size_t>(p.rows / kTile), kNothing);
    for (std::int64_t q = 0; q < n; ++q) {
        for (std::int64_t k = 0; k < n; ++k) {
            if (mask.attend[static_cast<std::size_t>(q * n + k)] == 0) continue;
            memory.attend[static_cast<std::size_t>(q * p.cols + k)] = -1;
            include(memory.keys[static_cast<std::size_t>(q / kTile)], k);
            include(memory.queries[static_cast<std::size_t>(k / kTile)], q);
        }
    }
}

void widen_valid(const AttentionPlan& p, const AttentionMask& mask, PlanMemory& memory) {
    const std::int64_t n = p.shape.tokens;
    memory.valid.assign(static_cast<std::size_t>(p.shape.batch * p.cols), 0);
    memory.valid_tokens.assign(static_cast<std::size_t>(p.shape.batch), kNothing);
    for (std::int64_t b = 0; b < p.shape.batch; ++b) {
        for (std::int64_t k = 0; k < n; ++k) {
            if (!mask.valid.empty() && mask.valid[static_cast<std::size_t>(b * n + k)] == 0)
                continue;
            memory.valid[static_cast<std::size_t>(b * p.cols + k)] = -1;
            include(memory.valid_tokens[static_cast<std::size_t>(b)], k);
        }
    }
}

}  // namespace

AttentionPlan plan_attention(const AttentionShape& shape, const AttentionMask& mask) {
    static thread_local PlanMemory memory;
    AttentionPlan p{};
    p.shape = shape;
    p.depth = shape.width / shape.heads;
    p.rows = round_up(shape.tokens, kTile);
    p.cols = round_up(p.rows, kWidest);
    p.wide = round_up(p.depth, kWidest);
    p.scale = 1.0F / std::sqrt(static_cast<float>(p.depth));
    widen_attend(p, mask, memory);
    widen_valid(p, mask, memory);
    p.attend = memory.attend.data();
    p.valid = memory.valid.data();
    p.valid_tokens = memory.valid_tokens.data();
    p.keys = memory.keys.data();
    p.queries = memory.queries.data();
    return p;
}

}  // namespace mast::compute
