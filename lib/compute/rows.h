// Picking rows of a matrix and adding them back.
#pragma once

#include <cstdint>
#include <span>

#include "base/matrix.h"

namespace mast::compute {

/// out[i] = x[index[i]]; out (I, C), x (R, C).
void gather_rows(Matrix<const float> x, std::span<const std::int64_t> index, Matrix<float> out);

/// x[index[i]] += rows[i], in the order of i; an index may repeat.
void scatter_add_rows(Matrix<const float> rows, std::span<const std::int64_t> index,
                      Matrix<float> x);

/// x[index[i]] = rows[i]; no index repeats.
void place_rows(Matrix<const float> rows, std::span<const std::int64_t> index, Matrix<float> x);

}  // namespace mast::compute
