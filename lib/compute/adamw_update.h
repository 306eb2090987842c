// The update of AdamW, element by element.
#pragma once

#include <cstdint>

namespace mast::compute {

/// The numbers of one step, the same for all elements of a tensor.
struct AdamWFactors {
    float beta1, beta2;
    float scale;  ///< of the gradient
    float epsilon;
    float rate;   ///< learning rate / (1 - beta1^t)
    float root;   ///< 1 / sqrt(1 - beta2^t)
    float decay;  ///< of the value, before the update
};

/// One parameter tensor of `count` elements in the flat buffers of all.
struct AdamWState {
    std::int64_t count;
    const float* gradient;
    float* value;
    float* first;   ///< moving average of the gradient
    float* second;  ///< of its square
};

/// value = decay value - rate m / (root sqrt(v) + epsilon), with m and v moved on by the gradient:
/// Loshchilov and Hutter 2019, algorithm 2. The same bits for any number of threads.
void adamw_update(const AdamWFactors& factors, const AdamWState& state);

}  // namespace mast::compute
