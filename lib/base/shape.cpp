#include "base/shape.h"

#include "base/error.h"

#include <fmt/ranges.h>

namespace mast {

std::int64_t element_count(const Shape& shape) {
    std::int64_t count = 1;
    for (const auto extent : shape) {
        if (extent < 0 || __builtin_mul_overflow(count, extent, &count)) {
            fail<DataError>("shape {}: has more elements than can be addressed", to_text(shape));
        }
    }
    return count;
}

std::string to_text(const Shape& shape) {
    return fmt::format("({})", fmt::join(shape, ", "));
}

}  // namespace mast
