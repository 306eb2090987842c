#include "compute/linear.h"

#include <algorithm>

#include "base/assert.h"
#include "compute/parallel.h"
#include "compute/product.h"
#include "compute/profile.h"
#include "compute/scratch.h"

namespace mast::compute {

namespace {

// Of the thread that calls: weights and x packed, x or dout rounded, and the last of their rows.
thread_local Scratch weight_panels;
thread_local Scratch input_panels;
thread_local Scratch row_words;
thread_local Scratch last_rows;
// Of each thread that packs dout, or a piece of it.
thread_local Scratch gradient_strips;

Operand<const float> rounded(Operand<const float> a, Precision precision) {
    if (a.precision == precision) return a;
    return in_precision(a, precision, row_words.get(a.rows * words_of(a.cols, precision)));
}

Strips strips_of(Operand<const float> a) {
    const TileForm form = tile_form_here(a.precision);
    return rows_of(a, form, last_rows.get(Strips::row_floats(a.cols, a.precision, form)));
}

/// Rows first..last of an operand.
Operand<const float> rows_between(Operand<const float> m, std::int64_t first, std::int64_t last) {
    return {m.row(first), last - first, m.cols, m.precision};
}

/// Some rows' part of a gradient by weights, dw (N, K) += doutᵀ x or = doutᵀ x. The wider operand
/// is packed piece by piece by the threads that multiply it, if there are pieces for all of them
/// and the other one, of which they share what is packed, is near (product.cpp).
struct RowsOfGradient {
    Operand<const float> x;
    Operand<const float> dout;
    Precision precision;
    Matrix<float> dw;
    std::span<float> dbias;
    bool replaces;

    /// room: for so many columns, so that all pieces ask for as much memory.
    Strips packed_strips(ColumnRange columns, std::int64_t room) const {
        const TileForm form = tile_form_here(precision);
        const auto first = static_cast<std::size_t>(columns.first);
        const auto sums =
            dbias.empty() ? dbias : dbias.subspan(first, static_cast<std::size_t>(columns.count));
        return pack_columns(dout, columns, precision, form, sums,
                            gradient_strips.get(Strips::floats(room, dout.rows, precision, form)));
    }
    Epilogue add_to(Matrix<float> there) const {
        return {.add = replaces ? Matrix<float>() : there};
    }

    void by_columns() const {
        const auto strips = packed_strips({0, dout.cols}, dout.cols);
        product(strips, Unpacked{x, false, precision}, add_to(dw), dw);
    }
    /// A piece is so many rows of dw.
    void by_rows(std::int64_t grain) const {
        const auto panels =
            pack(x, precision, input_panels.get(Panels::floats(x.rows, x.cols, precision)));
        parallel_for(dout.cols, grain, [&](std::int64_t first, std::int64_t last) {
            const auto strips = packed_strips({first, last - first}, grain);
            const Matrix<float> rows(dw.row(first), last - first, dw.cols);
            product(strips, panels, add_to(rows), rows);
        });
    }
    void add() const {
        constexpr std::int64_t kMost = 192;  // 384 KB of strips
        constexpr std::int64_t kLeast = 96;
        static_assert(kLeast % kVectorForm.rows == 0 && kLeast % kAmxForm.rows == 0);
        const auto grain =
            x.cols < dout.cols ? grain_for_threads(dout.cols, kMost, kLeast) : std::int64_t{0};
        if (grain > 0) {
            by_rows(grain);
        } else {
            by_columns();
        }
    }
};

/// 512 words of rows at a time; more were slower (docs/performance.md).
void weight_gradient(Operand<const float> x, Operand<const float> dout, Precision precision,
                     Matrix<float> dw, std::span<float> dbias, WeightGradient into) {
    const OpTimer timer(Op::linear_by_w);
    const std::int64_t most_rows = precision == Precision::f32 ? 512 : 1024;
    if (x.rows == 0 && into == WeightGradient::replace) std::fill_n(dw.data, dw.size(), 0.0F);
    const std::int64_t blocks = piece_count(x.rows, most_rows);
    for (std::int64_t block = 0; block < blocks; ++block) {
        const std::int64_t first = x.rows * block / blocks;
        const std::int64_t last = x.rows * (block + 1) / blocks;
        RowsOfGradient{rows_between(x, first, last),
                       rows_between(dout, first, last),
                       precision,
                       dw,
                       dbias,
                       block == 0 && into == WeightGradient::replace}
            .add();
    }
}

}  // namespace

void linear(Operand<const float> x, const RightOperand& w, std::span<const float> bias,
            Matrix<const float> residual, Operand<float> out) {
    const OpTimer timer(Op::linear);
    product(strips_of(rounded(x, precision_of(w))), w, {.bias = bias, .add = residual}, out);
}

void linear_gelu(Operand<const float> x, const RightOperand& w, std::span<const float> bias,
                 Operand<float> activated, Operand<float> slope) {
    const OpTimer timer(Op::linear);
    product(strips_of(rounded(x, precision_of(w))), w, {.bias = bias, .gelu_slope = slope},
            activated);
}

void linear(Matrix<const float> x, Matrix<const float> w, std::span<const float> bias,
            Matrix<float> out) {
    MAST_ASSERT(w.cols == x.cols && out.cols == w.rows);
    linear(Operand<const float>(x),
           pack_transposed(w, Precision::f32, weight_panels.get(Panels::floats(w.cols, w.rows))),
           bias, {}, out);
}

void linear_backward(Operand<const float> x, const RightOperand& w, Operand<const float> dout,
                     Operand<const float> slope, Operand<float> dx, Matrix<float> dw,
                     std::span<float> dbias, WeightGradient into) {
    MAST_ASSERT(x.rows == dout.rows && dw.rows == dout.cols && dw.cols == x.cols);
    MAST_ASSERT(dbias.empty() || static_cast<std::int64_t>(dbias.size()) == dout.cols);
    if (dx) {
        const OpTimer timer(Op::linear_by_x);
        product(strips_of(rounded(dout, precision_of(w))), w, {.times = slope}, dx);
    }
    weight_gradient(x, dout, precision_of(w), dw, dbias, into);
}

void linear_backward(Matrix<const float> x, Matrix<const float> w, Matrix<const float> dout,
                     Matrix<float> dx, Matrix<float> dw, std::span<float> dbias) {
    MAST_ASSERT(w.rows == dw.rows && w.cols == dw.cols);
    Panels panels;
    if (dx) {
        const OpTimer timer(Op::pack);
        panels = pack(w, Precision::f32, weight_panels.get(Panels::floats(w.rows, w.cols)));
    }
    linear_backward(Operand<const float>(x), panels, dout, {}, dx, dw, dbias);
}

}  // namespace mast::compute
