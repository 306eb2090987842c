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
    float* out;
    float* slope;  // null: not wanted
};

/// One vector's worth of results.
template <int W>
struct Gelu {
    typename Simd<W>::Floats out;
    typename Simd<W>::Floats slope;

    explicit MAST_INLINE Gelu(const typename Simd<W>::Floats& x) {
        const auto n = Simd<W>::normal(x);
        out = x * n.phi;
        slope = n.phi + x * n.bell * kBellHeight;
    }
};

template <int W>
MAST_INLINE void forward(const Args& a, std::int64_t first, std::int64_t last) {
    using V = Simd<W>;
    std::int64_t i = first;
    for (; i + W <= last; i += W) {
        const Gelu<W> y(V::load(a.x + i));
        V::store(a.out + i, y.out);
        if (a.slope != nullptr) V::store(a.slope + i, y.slope);
    }
    if (i < last) {
        const Gelu<W> y(V::load_first(a.x + i, last - i));
        V::store_first(a.out + i, y.out, last - i);
        if (a.slope != nullptr) V::store_first(a.slope + i, y.slope, last - i);
    }
}

MAST_KERNEL(forward, Args);

void run(const Args& args, std::size_t count) {
    const OpTimer timer(Op::gelu);
    const auto piece = forward_here();
    parallel_for(static_cast<std::int64_t>(count), kGrain,
                 [&](std::int64_t first, std::int64_t last) { piece(args, first, last); });
}

}  // namespace

void gelu(std::span<const float> x, std::span<float> out) {
    MAST_ASSERT(x.size() == out.size());
    run({x.data(), out.data(), nullptr}, x.size());
}

void gelu(std::span<const float> x, std::span<float> out, std::span<float> slope) {
    MAST_ASSERT(x.size() == out.size() && x.size() == slope.size());
    MAST_ASSERT(out.data() != slope.data() || x.empty());
    run({x.data(), out.data(), slope.data()}, x.size());
}

}  // namespace mast::compute
