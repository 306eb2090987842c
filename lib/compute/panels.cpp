#include "compute/panels.h"

#include <algorithm>

#include "base/assert.h"
#include "compute/bf16.h"
#include "compute/isa.h"
#include "compute/pack_kernel.h"
#include "compute/parallel.h"
#include "compute/scratch.h"
#include "compute/transpose.h"
#include "compute/turned_strips.h"

namespace mast::compute {

namespace {

thread_local Scratch panel_words;    // of each working thread: rows of one panel, converted
thread_local Scratch parts_of_sums;  // of the thread that calls

template <int W>
MAST_INLINE void panels_f32(const PackArgs& args, std::int64_t first, std::int64_t last) {
    whole_panels<W, OneRow<W>>(args, first, last);
}
template <int W, class B>
MAST_INLINE void panels_bf16(const PackArgs& args, std::int64_t first, std::int64_t last) {
    whole_panels<W, TwoRows<W, B>>(args, first, last);
}
template <int W>
MAST_INLINE void strips_f32(const PackArgs& args, std::int64_t first, std::int64_t last) {
    some_strips<OneRow<8>>(args, first, last);
}
template <int W, class B>
MAST_INLINE void strips_bf16(const PackArgs& args, std::int64_t first, std::int64_t last) {
    some_strips<TwoRows<8, typename B::template Of<8>>>(args, first, last);
}

// The same of what is in bfloat16 already.
template <int W>
MAST_INLINE void panels_of_halves(const PackArgs& args, std::int64_t first, std::int64_t last) {
    whole_panels<W, TwoHalfRows<W>>(args, first, last);
}
template <int W>
MAST_INLINE void strips_of_halves(const PackArgs& args, std::int64_t first, std::int64_t last) {
    some_strips<TwoHalfRows<8>>(args, first, last);
}

// Strips of tile registers, which only a machine with vectors of 16 floats has.
template <int W, class B>
MAST_INLINE void amx_strips(const PackArgs& args, std::int64_t first, std::int64_t last) {
    some_turned_strips<TwoRows<16, typename B::template Of<16>>>(args, first, last);
}
template <int W>
MAST_INLINE void amx_strips_of_halves(const PackArgs& args, std::int64_t first, std::int64_t last) {
    some_turned_strips<TwoHalfRows<16>>(args, first, last);
}

template <int W, class B>
MAST_INLINE void paired_rows(const PackArgs& args, std::int64_t first, std::int64_t last) {
    some_paired_rows<W, B>(args, first, last);
}

MAST_KERNEL(panels_f32, PackArgs);
MAST_BF16_KERNEL(panels_bf16, PackArgs);
MAST_KERNEL(strips_f32, PackArgs);
MAST_BF16_KERNEL(strips_bf16, PackArgs);
MAST_KERNEL(panels_of_halves, PackArgs);
MAST_KERNEL(strips_of_halves, PackArgs);
MAST_BF16_KERNEL(amx_strips, PackArgs);
MAST_KERNEL(amx_strips_of_halves, PackArgs);
MAST_BF16_KERNEL(paired_rows, PackArgs);

using Packer = void (*)(const PackArgs&, std::int64_t, std::int64_t);

/// from, to: precisions before and after.
Packer panel_packer(Precision from, Precision to) {
    if (to == Precision::f32) return panels_f32_here();
    return from == to ? panels_of_halves_here() : panels_bf16_here();
}

Packer vector_strip_packer(Precision from, Precision to) {
    if (to == Precision::f32) return strips_f32_here();
    return from == to ? strips_of_halves_here() : strips_bf16_here();
}

Packer strip_packer(TileForm form, Precision from, Precision to) {
    if (form == kVectorForm) return vector_strip_packer(from, to);
    MAST_ASSERT(form == kAmxForm && to == Precision::bf16);
    return from == to ? amx_strips_of_halves_here() : amx_strips_here();
}

/// Rows of w that make one panel of wᵀ, converted if need be.
Matrix<const float> panel_rows(Matrix<const float> w, std::int64_t first, Precision precision) {
    const Matrix<const float> rows(w.row(first), std::min(kPanelCols, w.rows - first), w.cols);
    if (precision == Precision::f32) return rows;
    const std::int64_t words = words_of(w.cols, precision);
    float* memory = panel_words.get(kPanelCols * words);
    paired_rows_here()({rows, {0, rows.cols}, words, nullptr, memory}, 0, rows.rows);
    return {memory, rows.rows, words};
}

/// sums[c] += the sum of column c of parts, in the order of its rows.
void add_parts(Matrix<const float> parts, std::span<float> sums) {
    for (std::int64_t p = 0; p < parts.rows; ++p) {
        for (std::int64_t c = 0; c < parts.cols; ++c)
            sums[static_cast<std::size_t>(c)] += parts(p, c);
    }
}

/// Whether what is in precision `from` can be had in `to`.
bool converts(Precision from, Precision to) {
    return from == to || from == Precision::f32;
}

}  // namespace

TileForm tile_form_here(Precision precision) {
    if (isa() == Isa::amx && precision == Precision::bf16) return kAmxForm;
    return kVectorForm;
}

Operand<const float> in_precision(Operand<const float> a, Precision precision, float* memory) {
    MAST_ASSERT(converts(a.precision, precision));
    if (a.precision == precision) return a;
    const PackArgs args{a, {0, a.cols}, words_of(a.cols, precision), nullptr, memory};
    const auto piece = paired_rows_here();
    parallel_for(a.rows, kRowsAtOnce,
                 [&](std::int64_t first, std::int64_t last) { piece(args, first, last); });
    return {memory, a.rows, a.cols, precision};
}

Panels pack(Operand<const float> b, Precision precision, float* memory) {
    return pack(b, {0, b.cols}, precision, memory);
}

Panels pack(Operand<const float> b, ColumnRange columns, Precision precision, float* memory) {
    MAST_ASSERT(converts(b.precision, precision));
    MAST_ASSERT(columns.first % kPanelCols == 0 && columns.first + columns.count <= b.cols);
    const PackArgs args{b, columns, words_of(b.rows, precision), nullptr, memory};
    const auto piece = panel_packer(b.precision, precision);
    parallel_for(args.words, kWordsAtOnce,
                 [&](std::int64_t first, std::int64_t last) { piece(args, first, last); });
    if (precision == Precision::f32) {
        last_panel<OneRow<kPanelCols>>(args);
    } else if (b.precision == precision) {
        last_panel<TwoHalfRows<kPanelCols>>(args);
    } else {
        last_panel<TwoRows<kPanelCols, Bf16<kPanelCols>>>(args);
    }
    return {memory, b.rows, columns.count, precision};
}

Panels pack_transposed(Matrix<const float> w, Precision precision, float* memory) {
    const std::int64_t words = words_of(w.cols, precision);
    parallel_for(piece_count(w.rows, kPanelCols), 1, [&](std::int64_t panel, std::int64_t) {
        const auto rows = panel_rows(w, panel * kPanelCols, precision);
        transpose_padded(rows.data, words, rows.rows, words, memory + panel * kPanelCols * words,
                         kPanelCols);
    });
    return {memory, w.cols, w.rows, precision};
}

Panels pack(const Unpacked& b, ColumnRange columns, float* memory) {
    if (!b.is_turned) return pack(b.source, columns, b.precision, memory);
    MAST_ASSERT(b.source.precision == Precision::f32);
    MAST_ASSERT(columns.first % kPanelCols == 0 && columns.first + columns.count <= b.cols());
    return pack_transposed({b.source.row(columns.first), columns.count, b.depth()}, b.precision,
                           memory);
}

Strips rows_of(Operand<const float> a, TileForm form, float* memory) {
    const std::int64_t words = a.row_words();
    Strips strips{a.data,  a.rows, a.cols, a.precision, words, form.words, form.rows * words,
                  nullptr, form};
    const std::int64_t rest = a.rows % form.rows;
    if (rest == 0) return strips;
    std::copy_n(a.row(a.rows - rest), rest * words, memory);
    std::fill_n(memory + rest * words, (form.rows - rest) * words, 0.0F);
    strips.last = memory;
    return strips;
}

Strips pack_columns(Operand<const float> a, Precision precision, TileForm form,
                    std::span<float> sums, float* memory) {
    return pack_columns(a, {0, a.cols}, precision, form, sums, memory);
}

Strips pack_columns(Operand<const float> a, ColumnRange columns, Precision precision, TileForm form,
                    std::span<float> sums, float* memory) {
    MAST_ASSERT(converts(a.precision, precision));
    MAST_ASSERT(a.rows >= 1);
    MAST_ASSERT(columns.first % 2 == 0 && columns.first + columns.count <= a.cols);
    MAST_ASSERT(sums.empty() || static_cast<std::int64_t>(sums.size()) == columns.count);
    const std::int64_t words = words_of(a.rows, precision);
    const std::int64_t pieces = piece_count(words, kWordsAtOnce);
    float* const parts = sums.empty() ? nullptr : parts_of_sums.get(pieces * columns.count);
    const PackArgs args{a, columns, words, parts, memory};
    const auto piece = strip_packer(form, a.precision, precision);
    parallel_for(words, kWordsAtOnce,
                 [&](std::int64_t first, std::int64_t last) { piece(args, first, last); });
    if (parts != nullptr) add_parts({parts, pieces, columns.count}, sums);
    const std::int64_t step = form.rows * form.words;
    return {
        memory,  columns.count, a.rows, precision, form.words, step, form.rows * form.padded(words),
        nullptr, form};
}

}  // namespace mast::compute
