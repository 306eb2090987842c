#include "compute/info_nce.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "compute/gemm.h"
#include "compute/piece_sums.h"
#include "compute/profile.h"
#include "compute/scratch.h"

namespace mast::compute {

namespace {

constexpr std::int64_t kRows = 48;

thread_local Scratch logits_block;  // of each working thread: (kRows, R)

/// -log softmax(temperature * logits)[own]; logits become temperature * scale * (softmax - onehot).
double one_row(float* logits, std::int64_t count, std::int64_t own, double temperature,
               double scale) {
    const double shift = static_cast<double>(*std::max_element(logits, logits + count));
    const double at_own = temperature * (static_cast<double>(logits[own]) - shift);
    double sum = 0.0;
    for (std::int64_t k = 0; k < count; ++k)
        sum += std::exp(temperature * (static_cast<double>(logits[k]) - shift));
    const double factor = temperature * scale;
    for (std::int64_t k = 0; k < count; ++k) {
        const double share = std::exp(temperature * (static_cast<double>(logits[k]) - shift)) / sum;
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
    const double temperature = 1 / std::sqrt(static_cast<double>(width));
    GemmStatus status;
    const auto loss = sum_of_pieces(count, [&](std::int64_t first, std::int64_t last) {
        double sum = 0.0;
        float* logits = logits_block.get(kRows * count);
        for (std::int64_t r = first; r < last; r += kRows) {
            const auto rows = std::min(kRows, last - r);
            gemm(rows, count, width, {anchors.row(r), width}, {codes.data, width}, Transposed::yes,
                 0.0F, logits, count, status);
            for (std::int64_t i = 0; i < rows; ++i) {
                sum += one_row(logits + i * count, count, r + i, temperature,
                               static_cast<double>(scale));
            }
            if (!danchors) continue;
            gemm(rows, width, count, {logits, count}, {codes.data, width}, Transposed::no, 0.0F,
                 danchors.row(r), width, status);
        }
        return sum;
    });
    status.check("contrast", count, count, width);
    return loss;
}

}  // namespace mast::compute
