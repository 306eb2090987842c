#include "compute/info_nce.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "compute/piece_sums.h"
#include "compute/product.h"
#include "compute/profile.h"
#include "compute/scratch.h"

namespace mast::compute {

namespace {

constexpr std::int64_t kRows = 48;

// Of each working thread: its logits (kRows, R) and last rows of a product.
thread_local Scratch logits_block;
thread_local Scratch last_rows;
// Of the thread that calls: codes, packed for logits and for gradients.
thread_local Scratch codes_by_width;
thread_local Scratch codes_by_row;

/// sharpness: 1 / temperature.
/// -log softmax(sharpness * logits)[own]; logits become sharpness * scale * (softmax - onehot).
double one_row(float* logits, std::int64_t count, std::int64_t own, double sharpness,
               double scale) {
    const auto shift = static_cast<double>(*std::max_element(logits, logits + count));
    const double at_own = sharpness * (static_cast<double>(logits[own]) - shift);
    double sum = 0.0;
    for (std::int64_t k = 0; k < count; ++k)
        sum += std::exp(sharpness * (static_cast<double>(logits[k]) - shift));
    const double factor = sharpness * scale;
    for (std::int64_t k = 0; k < count; ++k) {
        const double share = std::exp(sharpness * (static_cast<double>(logits[k]) - shift)) / sum;
        logits[k] = static_cast<float>(factor * (k == own ? share - 1.0 : share));
    }
    // At least the largest logit counts 1.
    // cppcheck-suppress invalidFunctionArg
    return std::log(sum) - at_own;
}

}  // namespace

double info_nce(Matrix<const float> anchors, Matrix<const float> codes, float scale,
                Matrix<float> danchors) {
    const OpTimer timer(Op::loss);
    MAST_ASSERT(anchors.rows == codes.rows && anchors.cols == codes.cols);
    MAST_ASSERT(!danchors || (danchors.rows == codes.rows && danchors.cols == codes.cols));
    const auto count = codes.rows;
    const auto width = codes.cols;
    const double sharpness = 1 / std::sqrt(static_cast<double>(width));
    const Panels for_logits =
        pack_transposed(codes, Precision::f32, codes_by_width.get(Panels::floats(width, count)));
    const Panels for_gradients =
        pack(codes, Precision::f32, codes_by_row.get(Panels::floats(count, width)));
    const auto strips = [form = tile_form_here(Precision::f32)](Matrix<const float> rows) {
        const auto floats = Strips::row_floats(rows.cols, Precision::f32, form);
        return rows_of(rows, form, last_rows.get(floats));
    };
    return sum_of_pieces(count, [&](std::int64_t first, std::int64_t last) {
        double sum = 0.0;
        float* memory = logits_block.get(kRows * count);
        for (std::int64_t r = first; r < last; r += kRows) {
            const auto rows = std::min(kRows, last - r);
            const Matrix<float> logits(memory, rows, count);
            product(strips({anchors.row(r), rows, width}), for_logits, {}, logits);
            for (std::int64_t i = 0; i < rows; ++i) {
                sum += one_row(logits.row(i), count, r + i, sharpness, static_cast<double>(scale));
            }
            if (!danchors) continue;
            product(strips(logits), for_gradients, {}, {danchors.row(r), rows, width});
        }
        return sum;
    });
}

}  // namespace mast::compute
