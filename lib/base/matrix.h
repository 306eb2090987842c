// A row-major matrix that somebody else owns.
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>

#include "base/assert.h"

namespace mast {

/// Non-owning view of rows x cols contiguous elements; the owner must outlive it.
/// An empty view (data == nullptr) stands for "not wanted" where an operation says so.
template <class T>
struct Matrix {
    T* data = nullptr;
    std::int64_t rows = 0;
    std::int64_t cols = 0;

    Matrix() = default;
    Matrix(T* data_in, std::int64_t rows_in, std::int64_t cols_in)
        : data(data_in), rows(rows_in), cols(cols_in) {}
    Matrix(std::span<T> values, std::int64_t rows_in, std::int64_t cols_in)
        : data(values.data()), rows(rows_in), cols(cols_in) {
        MAST_ASSERT(static_cast<std::int64_t>(values.size()) >= rows_in * cols_in);
    }
    /// A mutable view reads as a constant one.
    template <class U>
    requires(std::is_same_v<T, const U>) Matrix(const Matrix<U>& other)
        : data(other.data), rows(other.rows), cols(other.cols) {}

    T* row(std::int64_t r) const { return data + r * cols; }
    T& operator()(std::int64_t r, std::int64_t c) const { return data[r * cols + c]; }
    std::int64_t size() const { return rows * cols; }
    std::span<T> span() const { return {data, static_cast<std::size_t>(size())}; }
    explicit operator bool() const { return data != nullptr; }
};

}  // namespace mast
