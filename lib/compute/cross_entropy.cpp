#include "compute/cross_entropy.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "compute/piece_sums.h"
#include "compute/profile.h"

namespace mast::compute {

namespace {

/// -log softmax(logits)[target]; the gradient goes into `gradient` unless that is null.
double one_row(const float* logits, std::int64_t classes, std::int64_t target, double scale,
               float* gradient) {
    const auto shift = static_cast<double>(*std::max_element(logits, logits + classes));
    double sum = 0.0;
    for (std::int64_t k = 0; k < classes; ++k) {
        sum += std::exp(static_cast<double>(logits[k]) - shift);
    }
    if (gradient != nullptr) {
        for (std::int64_t k = 0; k < classes; ++k) {
            const double share = std::exp(static_cast<double>(logits[k]) - shift) / sum;
            gradient[k] = static_cast<float>(scale * (k == target ? share - 1.0 : share));
        }
    }
    // The difference first: a large shift would swallow the logarithm.
    return std::log(sum) + (shift - static_cast<double>(logits[target]));
}

}  // namespace

double cross_entropy(Matrix<const float> logits, std::span<const std::int32_t> target, float scale,
                     Matrix<float> dlogits) {
    const OpTimer timer(Op::loss);
    MAST_ASSERT(logits.rows == static_cast<std::int64_t>(target.size()));
    MAST_ASSERT(!dlogits || (dlogits.rows == logits.rows && dlogits.cols == logits.cols));
    MAST_ASSERT(std::all_of(target.begin(), target.end(),
                            [&](std::int32_t k) { return k >= 0 && k < logits.cols; }));
    return sum_of_pieces(logits.rows, [&](std::int64_t first, std::int64_t last) {
        double sum = 0.0;
        for (std::int64_t r = first; r < last; ++r) {
            sum += one_row(logits.row(r), logits.cols, target[static_cast<std::size_t>(r)],
                           static_cast<double>(scale), dlogits ? dlogits.row(r) : nullptr);
        }
        return sum;
    });
}

}  // namespace mast::compute
