// An operand of a product as the product reads it.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "base/matrix.h"
#include "compute/precision.h"

namespace mast::compute {

/// Non-owning view of rows of `cols` elements, each row in whole words (precision.h): of floats it
/// is a Matrix. An empty view stands for "not wanted" where an operation says so.
///
/// What is made for products only is written in their precision at once: half as many bytes pass
/// in bfloat16, and nobody converts them again.
template <class T>
struct Operand {
    T* data = nullptr;
    std::int64_t rows = 0;
    std::int64_t cols = 0;
    Precision precision = Precision::f32;

    Operand() = default;
    Operand(T* data_in, std::int64_t rows_in, std::int64_t cols_in,
            Precision precision_in = Precision::f32)
        : data(data_in), rows(rows_in), cols(cols_in), precision(precision_in) {}
    Operand(std::span<T> words, std::int64_t rows_in, std::int64_t cols_in,
            Precision precision_in = Precision::f32)
        : Operand(words.data(), rows_in, cols_in, precision_in) {
        MAST_ASSERT(static_cast<std::int64_t>(words.size()) >= rows_in * row_words());
    }
    template <class U>
    requires(std::is_same_v<T, U> || std::is_same_v<T, const U>) Operand(const Matrix<U>& floats)
        : Operand(floats.data, floats.rows, floats.cols) {}
    /// A mutable view reads as a constant one.
    template <class U>
    requires(std::is_same_v<T, const U>) Operand(const Operand<U>& other)
        : Operand(other.data, other.rows, other.cols, other.precision) {}

    std::int64_t row_words() const { return words_of(cols, precision); }
    T* row(std::int64_t r) const { return data + r * row_words(); }
    /// One element; not for loops over many.
    float at(std::int64_t r, std::int64_t col) const {
        if (precision == Precision::f32) return row(r)[col];
        std::uint16_t half = 0;
        std::memcpy(&half, reinterpret_cast<const char*>(row(r)) + 2 * col, sizeof half);
        return std::bit_cast<float>(std::uint32_t{half} << 16U);
    }
    explicit operator bool() const { return data != nullptr; }

    /// Makes zero what fills the last word of each row.
    void clear_padding() const {
        if (precision == Precision::f32 || cols % 2 == 0) return;
        for (std::int64_t r = 0; r < rows; ++r) {
            auto* const halves = reinterpret_cast<char*>(row(r));
            std::memset(halves + 2 * cols, 0, 2);
        }
    }
};

}  // namespace mast::compute
