// The extent of an array along each axis, and its text "(8, 64, 18)".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mast {

using Shape = std::vector<std::int64_t>;

/// Number of elements; 1 for a scalar. Throws DataError if the product overflows.
std::int64_t element_count(const Shape& shape);

/// "(8, 64, 18)"; "()" for a scalar.
std::string to_text(const Shape& shape);

}  // namespace mast
