#include "compute/linear.h"

#include <algorithm>

#include "base/assert.h"
#include "compute/parallel.h"
#include "compute/product.h"
#include "compute/profile.h"
#include "compute/scratch.h"

namespace mast::compute {

namespace {

// Of the thread that calls; each holds the operand that its name says, packed.
thread_local Scratch weight_panels;
thread_local Scratch row_words;
thread_local Scratch last_rows;
thread_local Scratch input_panels;
thread_local Scratch gradient_strips;

Operand<const float> rounded(Operand<const float> a, Precision precision) {
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

/// 512 words of rows at a time; more were slower (docs/performance.md).
void weight_gradient(Operand<const float> x, Operand<const float> dout, Precision precision,
                     Matrix<float> dw, std::span<float> dbias, WeightGradient into) {
    const OpTimer timer(Op::linear_by_w);
    const std::int64_t most_rows = precision == Precision::f32 ? 512 : 1024;
    if (x.rows == 0 && into == WeightGradient::replace) std::fill_n(dw.data, dw.size(), 0.0F);
    const TileForm form = tile_form_here(precision);
    const std::int64_t blocks = piece_count(x.rows, most_rows);
    for (std::int64_t block = 0; block < blocks; ++block) {
        const std::int64_t first = x.rows * block / blocks;
        const std::int64_t last = x.rows * (block + 1) / blocks;
        const auto panels = pack(rows_between(x, first, last), precision,
                                 input_panels.get(Panels::floats(last - first, x.cols, precision)));
        const auto strips = pack_columns(
            rows_between(dout, first, last), precision, form, dbias,
            gradient_strips.get(Strips::floats(dout.cols, last - first, precision, form)));
        const bool replaces = block == 0 && into == WeightGradient::replace;
        product(strips, panels, {.add = replaces ? Matrix<float>() : dw}, dw);
    }
}

}  // namespace

void linear(Operand<const float> x, const Panels& w, std::span<const float> bias,
            Matrix<const float> residual, Operand<float> out) {
    const OpTimer timer(Op::linear);
    product(strips_of(rounded(x, w.precision)), w, {.bias = bias, .add = residual}, out);
}

void linear_gelu(Operand<const float> x, const Panels& w, std::span<const float> bias,
                 Operand<float> activated, Operand<float> slope) {
    const OpTimer timer(Op::linear);
    product(strips_of(rounded(x, w.precision)), w, {.bias = bias, .gelu_slope = slope}, activated);
}

void linear(Matrix<const float> x, Matrix<const float> w, std::span<const float> bias,
            Matrix<float> out) {
    MAST_ASSERT(w.cols == x.cols && out.cols == w.rows);
    linear(Operand<const float>(x),
           pack_transposed(w, Precision::f32, weight_panels.get(Panels::floats(w.cols, w.rows))),
           bias, {}, out);
}

void linear_backward(Operand<const float> x, const Panels& w, Operand<const float> dout,
                     Operand<const float> slope, Operand<float> dx, Matrix<float> dw,
                     std::span<float> dbias, WeightGradient into) {
    MAST_ASSERT(x.rows == dout.rows && dw.rows == dout.cols && dw.cols == x.cols);
    if (dx) {
        const OpTimer timer(Op::linear_by_x);
        product(strips_of(rounded(dout, w.precision)), w, {.times = slope}, dx);
    }
    weight_gradient(x, dout, w.precision, dw, dbias, into);
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
