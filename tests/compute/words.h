// Matrices in bfloat16, and what is nearest to a float there.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "compute/operand.h"
#include "compute/panels.h"

namespace mast::compute::oracle {

/// Words of a matrix in bfloat16, full of what no operation may leave there.
struct Words {
    std::int64_t rows;
    std::int64_t cols;
    std::vector<float> data;

    Words(std::int64_t rows_in, std::int64_t cols_in)
        : rows(rows_in),
          cols(cols_in),
          data(static_cast<std::size_t>(rows * words_of(cols, Precision::bf16)), 99.0F) {}
    explicit Words(Operand<const float> floats) : Words(floats.rows, floats.cols) {
        in_precision(floats, Precision::bf16, data.data());
    }

    Operand<float> view() { return {std::span(data), rows, cols, Precision::bf16}; }
    /// Element by element; of a bfloat16 the upper half of a float.
    std::vector<float> floats() const {
        std::vector<float> values;
        const auto* const bytes = reinterpret_cast<const char*>(data.data());
        for (std::int64_t r = 0; r < rows; ++r) {
            for (std::int64_t c = 0; c < cols; ++c) {
                float value = 0;
                std::memcpy(reinterpret_cast<char*>(&value) + 2,
                            bytes + 4 * r * words_of(cols, Precision::bf16) + 2 * c, 2);
                values.push_back(value);
            }
        }
        return values;
    }
    bool padding_is_zero() const {
        for (std::int64_t r = 0; r < rows && cols % 2 == 1; ++r) {
            std::uint32_t last = 0;
            std::memcpy(&last, &data[static_cast<std::size_t>((r + 1) * (cols + 1) / 2 - 1)], 4);
            if (last >> 16 != 0) return false;
        }
        return true;
    }
};

/// The nearest number with eight binary digits, ties to even, by arithmetic on doubles.
inline std::vector<float> nearest(std::vector<float> values) {
    for (float& v : values) {
        int exponent = 0;
        const double fraction = std::frexp(static_cast<double>(v), &exponent);
        v = static_cast<float>(std::ldexp(std::nearbyint(std::ldexp(fraction, 8)), exponent - 8));
    }
    return values;
}

}  // namespace mast::compute::oracle
