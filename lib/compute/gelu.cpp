#include "compute/gelu.h"

#include <numbers>

#include "base/assert.h"
#include "compute/isa.h"
#include "compute/parallel.h"
#include "compute/profile.h"
#include "compute/simd.h"

namespace mast::compute {

namespace {

constexpr std::int64_t kGrain = 8192;  // 32 KiB of each operand: well above the cost of a fork
constexpr float kBellHeight = std::numbers::inv_sqrtpi_v<float> / std::numbers::sqrt2_v<float>;

struct Args {
    const float* x;
    const float* dout;  // null: forward
    float* out;
};

template <int W>
MAST_INLINE void forward(const Args& a, std::int64_t first, std::int64_t last) {
    using V = Simd<W>;
    std::int64_t i = first;
    for (; i + W <= last; i += W) {
        const auto x = V::load(a.x + i);
        V::store(a.out + i, x * V::normal(x).phi);
    }
    if (i < last) {
        const auto x = V::load_first(a.x + i, last - i);
        V::store_first(a.out + i, x * V::normal(x).phi, last - i);
    }
}

template <int W>
MAST_INLINE typename Simd<W>::Floats slope(const typename Simd<W>::Floats& x) {
    const auto n = Simd<W>::normal(x);
    return n.phi + x * n.bell * kBellHeight;
}

template <int W>
MAST_INLINE void backward(const Args& a, std::int64_t first, std::int64_t last) {
    using V = Simd<W>;
    std::int64_t i = first;
    for (; i + W <= last; i += W) {
        V::store(a.out + i, V::load(a.dout + i) * slope<W>(V::load(a.x + i)));
    }
    if (i < last) {
        const auto d = V::load_first(a.dout + i, last - i);
        V::store_first(a.out + i, d * slope<W>(V::load_first(a.x + i, last - i)), last - i);
    }
}

MAST_KERNEL(forward, Args);
MAST_KERNEL(backward, Args);

}  // namespace

void gelu(std::span<const float> x, std::span<float> out) {
    const OpTimer timer(Op::gelu);
    MAST_ASSERT(x.size() == out.size());
    const Args args{x.data(), nullptr, out.data()};
    const auto piece = forward_here();
    parallel_for(static_cast<std::int64_t>(x.size()), kGrain,
                 [&](std::int64_t first, std::int64_t last) { piece(args, first, last); });
}

void gelu_backward(std::span<const float> x, std::span<const float> dout, std::span<float> dx) {
    const OpTimer timer(Op::gelu_backward);
    MAST_ASSERT(x.size() == dout.size() && x.size() == dx.size());
    const Args args{x.data(), dout.data(), dx.data()};
    const auto piece = backward_here();
    parallel_for(static_cast<std::int64_t>(x.size()), kGrain,
                 [&](std::int64_t first, std::int64_t last) { piece(args, first, last); });
}

}  // namespace mast::compute
