// Products of matrices with sums in single precision, the same to the bit for any number of
// threads.
#pragma once

#include <span>

#include "compute/operand.h"
#include "compute/panels.h"

namespace mast::compute {

/// What becomes of a product's sums, element by element: (sum + bias + add) times, or
/// GELU(sum + bias + add).
struct Epilogue {
    std::span<const float> bias = {};  ///< (cols), for every row; empty: none
    Matrix<const float> add = {};      ///< (rows, cols); may be the result; an empty view: none
    /// (rows, cols) in the result's precision; not the result; an empty view: none
    Operand<const float> times = {};
    /// (rows, cols) in the result's precision, written: GELU's derivative; an empty view: no GELU
    Operand<float> gelu_slope = {};
};

/// out (rows, cols) = epilogue of a b. Each sum takes the depth in an order that only its length
/// and the machine's instructions decide, so that it depends on nothing but its operands and these.
/// Operands in bfloat16 are multiplied exactly, and a result in bfloat16 is rounded once. Throws
/// std::logic_error if shapes or precisions disagree or the depth is 0.
void product(const Strips& a, const RightOperand& b, const Epilogue& epilogue, Operand<float> out);

/// The same, of columns first_col .. first_col + b.cols of the result only, to whose whole the
/// epilogue belongs; first_col is a multiple of kPanelCols. What fills the last word of a row is
/// made zero with the last columns.
void product(const Strips& a, const Panels& b, const Epilogue& epilogue, Operand<float> out,
             std::int64_t first_col);

}  // namespace mast::compute
