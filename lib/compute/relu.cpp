#include "compute/relu.h"

#include "base/assert.h"
#include "compute/parallel.h"
#include "compute/profile.h"

namespace mast::compute {

namespace {

constexpr std::int64_t kGrain = 8192;

}  // namespace

void relu(std::span<const float> x, std::span<float> out) {
    const OpTimer timer(Op::gate);
    MAST_ASSERT(x.size() == out.size());
    parallel_for(static_cast<std::int64_t>(x.size()), kGrain,
                 [from = x.data(), to = out.data()](std::int64_t first, std::int64_t last) {
                     for (auto i = first; i < last; ++i)
                         to[i] = from[i] < 0.0F ? 0.0F : from[i];
                 });
}

void relu_backward(std::span<const float> out, std::span<const float> dout, std::span<float> dx) {
    const OpTimer timer(Op::gate);
    MAST_ASSERT(out.size() == dout.size() && out.size() == dx.size());
    parallel_for(static_cast<std::int64_t>(out.size()), kGrain,
                 [y = out.data(), from = dout.data(), to = dx.data()](std::int64_t first,
                                                                      std::int64_t last) {
                     for (auto i = first; i < last; ++i)
                         to[i] = y[i] > 0.0F ? from[i] : 0.0F;
                 });
}

}  // namespace mast::compute
