// Products of matrices with sums in single precision, the same to the bit for any number of
// threads.
#pragma once

#include <span>

#include "compute/panels.h"

namespace mast::compute {

/// What is added to a product.
struct Addends {
    std::span<const float> bias = {};  ///< (cols), to every row
    Matrix<const float> to = {};       ///< (rows, cols), element by element; may be the result
};

/// out (rows, cols) = a b + addends. Each sum takes the depth in order, 512 words at a time, so
/// that it depends on nothing but its operands and the machine's instructions. Operands in bfloat16
/// are multiplied exactly. Throws std::logic_error if shapes or precisions disagree.
void product(const Strips& a, const Panels& b, const Addends& addends, Matrix<float> out);

}  // namespace mast::compute
