#include "compute/mse.h"

#include "base/assert.h"
#include "compute/parallel.h"
#include "compute/piece_sums.h"
#include "compute/profile.h"

namespace mast::compute {

double squared_error(Matrix<const float> prediction, Matrix<const float> target, float scale,
                     Matrix<float> dprediction) {
    const OpTimer timer(Op::loss);
    MAST_ASSERT(prediction.rows == target.rows && prediction.cols == target.cols);
    MAST_ASSERT(!dprediction ||
                (dprediction.rows == prediction.rows && dprediction.cols == prediction.cols));
    const float* p = prediction.data;
    const float* t = target.data;
    float* d = dprediction.data;
    const float factor = 2.0F * scale;
    return sum_of_pieces(prediction.size(), [=](std::int64_t first, std::int64_t last) {
        double sum = 0.0;
        for (std::int64_t i = first; i < last; ++i) {
            const float error = p[i] - t[i];
            sum += static_cast<double>(error) * static_cast<double>(error);
            if (d != nullptr) d[i] = factor * error;
        }
        return sum;
    });
}

}  // namespace mast::compute
